import type { Kysely } from 'kysely'
import type { Alert } from '../alerts/alert.ts'
import type { Notice } from '../alerts/notice.ts'
import type { ControlAccess } from './access.ts'
import { alertOf, deliveryOf } from './alert-rows.ts'
import type { AlertStore, DeliveryOutcome, DueDelivery } from './control.ts'
import { firstIdAt } from './ids.ts'
import { noticeOf } from './notice-store.ts'
import type { ControlSchema, DeliveryRow } from './schema.ts'

type DeliveryQueue = Pick<
  AlertStore,
  'takeDue' | 'nextDue' | 'settle' | 'deliveries' | 'retryDelivery' | 'pruneDeliveries'
>

/** Rows deleted at a time, so that nobody waits long for a turn at writing. */
const BITE = 500

/** What an outcome changes, besides the count of attempts. */
function settled(outcome: DeliveryOutcome): Partial<DeliveryRow> {
  switch (outcome.status) {
    case 'delivered':
      return { status: 'delivered', delivered_at: outcome.now, leased_by: null, problem: null }
    case 'pending':
      return {
        status: 'pending',
        due_at: Math.ceil(outcome.dueAt),
        available_at: Math.ceil(outcome.dueAt),
        leased_by: null,
        problem: outcome.problem,
      }
    case 'dead':
    case 'skipped':
      return { status: outcome.status, leased_by: null, problem: outcome.problem }
  }
}

/** Alerts on their way: who takes which delivery, and what became of it. */
export function createDeliveryQueue({ read, write, exclusive }: ControlAccess): DeliveryQueue {
  return {
    async takeDue({ now, executor, leaseMs, limit }) {
      const dueRows = (db: Kysely<ControlSchema>) =>
        db
          .selectFrom('delivery')
          .selectAll()
          .where('status', '=', 'pending')
          .where('available_at', '<=', now)
          .orderBy('available_at')
          .orderBy('id')
          .limit(limit)
          .execute()
      // Idle processes ask often: they need no turn at writing to see that nothing is due.
      if ((await read(dueRows)).length === 0) return []
      return exclusive(async (db) => {
        const due = await dueRows(db)
        if (due.length === 0) return []
        await db
          .updateTable('delivery')
          .set({ available_at: now + leaseMs, leased_by: executor })
          .where(
            'id',
            'in',
            due.map((row) => row.id),
          )
          .execute()
        const ids = [...new Set(due.map((row) => row.alert_id))]
        const alerts = await db.selectFrom('alert').selectAll().where('id', 'in', ids).execute()
        const notices = await db.selectFrom('notice').selectAll().where('id', 'in', ids).execute()
        const byId = new Map<string, { readonly alert: Alert } | { readonly notice: Notice }>([
          ...alerts.map((row) => [row.id, { alert: alertOf(row) }] as const),
          ...notices.map((row) => [row.id, { notice: noticeOf(row) }] as const),
        ])
        return due.flatMap((row): DueDelivery[] => {
          const told = byId.get(row.alert_id)
          return told === undefined ? [] : [{ ...deliveryOf(row), ...told }]
        })
      })
    },

    nextDue: () =>
      read(async (db) => {
        const row = await db
          .selectFrom('delivery')
          .select((delivery) => delivery.fn.min('available_at').as('next'))
          .where('status', '=', 'pending')
          .executeTakeFirst()
        return row?.next ?? undefined
      }),

    settle: (deliveryId, outcome) =>
      write(async (db) => {
        // A late word of failure, from somebody whose lease ran out, does not undo what another has achieved since.
        const open = outcome.status === 'delivered' ? ['pending', 'dead', 'skipped'] : ['pending']
        const counted = outcome.status === 'skipped' ? 0 : 1
        await db
          .updateTable('delivery')
          .set((delivery) => ({ ...settled(outcome), attempts: delivery('attempts', '+', counted) }))
          .where('id', '=', deliveryId)
          .where('status', 'in', open)
          .execute()
      }),

    deliveries: ({ alertId, status, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('delivery').selectAll().orderBy('id', 'desc').limit(limit)
        if (alertId !== undefined) query = query.where('alert_id', '=', alertId)
        if (status !== undefined) query = query.where('status', '=', status)
        return (await query.execute()).map(deliveryOf)
      }),

    retryDelivery: (id, now) =>
      write(async (db) => {
        const row = await db
          .updateTable('delivery')
          .set({ status: 'pending', attempts: 0, due_at: now, available_at: now, leased_by: null })
          .where('id', '=', id)
          .where('status', 'in', ['dead', 'skipped'])
          .returning('id')
          .executeTakeFirst()
        return row !== undefined
      }),

    async pruneDeliveries(before) {
      let deleted = 0
      for (;;) {
        const bite = await write(async (db) => {
          const rows = await db
            .deleteFrom('delivery')
            .where('id', 'in', (delivery) =>
              delivery
                .selectFrom('delivery')
                .select('id')
                // Ids sort by the time at which what they name was raised.
                .where('alert_id', '<', firstIdAt(before))
                .where('status', '=', 'delivered')
                .limit(BITE),
            )
            .returning('id')
            .execute()
          return rows.length
        })
        deleted += bite
        if (bite < BITE) return deleted
      }
    },
  }
}

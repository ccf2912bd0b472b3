import type { Kysely } from 'kysely'
import type { ControlAccess } from './access.ts'
import { alertOf, deliveryOf } from './alert-rows.ts'
import type { AlertStore, DeliveryOutcome } from './control.ts'
import type { ControlSchema, DeliveryRow } from './schema.ts'

type DeliveryQueue = Pick<AlertStore, 'takeDue' | 'nextDue' | 'settle' | 'deliveries' | 'retryDelivery'>

/** What an outcome changes, besides the count of attempts. */
function settled(outcome: DeliveryOutcome): Partial<DeliveryRow> {
  switch (outcome.status) {
    case 'delivered':
      return { status: 'delivered', delivered_at: outcome.now, leased_by: null, problem: null }
    case 'pending':
      return {
        status: 'pending',
        due_at: outcome.dueAt,
        available_at: outcome.dueAt,
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
        const alertIds = [...new Set(due.map((row) => row.alert_id))]
        const alerts = await db.selectFrom('alert').selectAll().where('id', 'in', alertIds).execute()
        const byId = new Map(alerts.map((row) => [row.id, alertOf(row)]))
        return due.flatMap((row) => {
          const alert = byId.get(row.alert_id)
          return alert === undefined ? [] : [{ ...deliveryOf(row), alert }]
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
  }
}

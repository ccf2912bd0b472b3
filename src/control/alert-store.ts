import type { Transaction } from 'kysely'
import { AnomstackError } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import { alertOf, alertRow, newDeliveryRow } from './alert-rows.ts'
import type { AlertStore } from './control.ts'
import { createDeliveryQueue } from './delivery-queue.ts'
import { createId } from './ids.ts'
import { insertNotice } from './notice-store.ts'
import type { AlertRow, ControlSchema } from './schema.ts'
import { createStandings } from './standings.ts'

/** Rows per statement: engines limit how many values one may bind. */
const CHUNK = 100

async function insertNew(db: Transaction<ControlSchema>, rows: readonly AlertRow[]): Promise<AlertRow[]> {
  const added = new Set<string>()
  for (let start = 0; start < rows.length; start += CHUNK) {
    const inserted = await db
      .insertInto('alert')
      .values(rows.slice(start, start + CHUNK))
      .onConflict((conflict) => conflict.columns(['batch', 'metric', 'kind', 'timestamp']).doNothing())
      .returning('id')
      .execute()
    for (const { id } of inserted) added.add(id)
  }
  return rows.filter((row) => added.has(row.id))
}

/** Locks the run's row where the engine has locks, so that nobody takes it over before this transaction has ended. */
async function requireHeld(
  db: Transaction<ControlSchema>,
  { run, executor }: { readonly run: string; readonly executor: string },
): Promise<void> {
  const held = await db
    .updateTable('run')
    .set({ executor })
    .where('id', '=', run)
    .where('status', '=', 'running')
    .where('executor', '=', executor)
    .returning('id')
    .executeTakeFirst()
  if (held === undefined)
    throw new AnomstackError(
      'CONFLICT',
      `run "${run}" was taken over by another process: nothing more is raised here`,
    )
}

/** Alerts and their deliveries. */
export function createAlertStore(access: ControlAccess): AlertStore {
  const { read, write } = access
  return {
    ...createDeliveryQueue(access),
    ...createStandings(access),

    async raise(findings, { now, channels, replayed = false, by }) {
      if (findings.length === 0) return []
      const rows = findings.map((finding) => alertRow(finding, { id: createId(now), at: now, replayed }))
      const receivers = replayed ? [] : [...new Set(channels)]
      return write(async (db) => {
        if (by !== undefined) await requireHeld(db, by)
        const raised = await insertNew(db, rows)
        const deliveries = raised.flatMap((alert) =>
          receivers.map((channel) => newDeliveryRow(createId(now), alert.id, { channel, at: now })),
        )
        for (let start = 0; start < deliveries.length; start += CHUNK)
          await db
            .insertInto('delivery')
            .values(deliveries.slice(start, start + CHUNK))
            .execute()
        return raised.map(alertOf)
      })
    },

    ofBatch: ({ batch, since, kinds }) =>
      read(async (db) => {
        let query = db
          .selectFrom('alert')
          .selectAll()
          .where('batch', '=', batch)
          .where('timestamp', '>=', since)
          .orderBy('timestamp')
          .orderBy('id')
        if (kinds !== undefined) query = query.where('kind', 'in', kinds)
        return (await query.execute()).map(alertOf)
      }),

    async markRevised(ids, now) {
      if (ids.length === 0) return
      await write(async (db) => {
        for (let start = 0; start < ids.length; start += CHUNK)
          await db
            .updateTable('alert')
            .set({ revised_at: now })
            .where('id', 'in', ids.slice(start, start + CHUNK))
            .where('revised_at', 'is', null)
            .execute()
      })
    },

    markRecovered: (recoveries, { now, channels }) =>
      recoveries.length === 0
        ? Promise.resolve(0)
        : write(async (db) => {
            let count = 0
            for (const { id, at, notice } of recoveries) {
              const marked = await db
                .updateTable('alert')
                .set({ recovered_at: at })
                .where('id', '=', id)
                .where('recovered_at', 'is', null)
                .returning('id')
                .executeTakeFirst()
              if (marked === undefined) continue
              count++
              if (notice !== undefined)
                await insertNotice(
                  db,
                  { ...notice, id: createId(now), phase: 'resolved', raisedAt: now, endedAt: now },
                  channels,
                )
            }
            return count
          }),

    lastLook: (batch) =>
      read(async (db) => {
        const row = await db.selectFrom('look').select('at').where('batch', '=', batch).executeTakeFirst()
        return row?.at
      }),

    async saveLook(batch, at) {
      await write((db) =>
        db
          .insertInto('look')
          .values({ batch, at })
          .onConflict((conflict) => conflict.column('batch').doUpdateSet({ at }).where('look.at', '<', at))
          .execute(),
      )
    },

    lastSeen: (batch, kind) =>
      read(async (db) => {
        const row = await db
          .selectFrom('seen')
          .select('metrics')
          .where('batch', '=', batch)
          .where('kind', '=', kind)
          .executeTakeFirst()
        return row && new Map(JSON.parse(row.metrics) as [string, number][])
      }),

    async saveSeen(batch, kind, seen) {
      const metrics = JSON.stringify([...seen])
      await write((db) =>
        db
          .insertInto('seen')
          .values({ batch, kind, metrics })
          .onConflict((conflict) => conflict.columns(['batch', 'kind']).doUpdateSet({ metrics }))
          .execute(),
      )
    },

    get: (id) =>
      read(async (db) => {
        const row = await db.selectFrom('alert').selectAll().where('id', '=', id).executeTakeFirst()
        return row && alertOf(row)
      }),

    list: ({ batch, metric, kind, before, limit }) =>
      read(async (db) => {
        let query = db
          .selectFrom('alert')
          .selectAll()
          .orderBy('timestamp', 'desc')
          .orderBy('id', 'desc')
          .limit(limit)
        if (batch !== undefined) query = query.where('batch', '=', batch)
        if (metric !== undefined) query = query.where('metric', '=', metric)
        if (kind !== undefined) query = query.where('kind', '=', kind)
        if (before !== undefined) {
          const last = await db
            .selectFrom('alert')
            .select('timestamp')
            .where('id', '=', before)
            .executeTakeFirst()
          if (last === undefined)
            throw new AnomstackError('NOT_FOUND', `there is no alert "${before}" to list from`)
          const { timestamp } = last
          query = query.where((alert) =>
            alert.or([
              alert('timestamp', '<', timestamp),
              alert.and([alert('timestamp', '=', timestamp), alert('id', '<', before)]),
            ]),
          )
        }
        return (await query.execute()).map(alertOf)
      }),
  }
}

import { sql } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { ScheduleStore, Tick } from './control.ts'
import type { TickRow } from './schema.ts'
import { valuesTable } from './values-table.ts'

/** Rows per statement: engines limit how many values one may bind. */
const CHUNK = 500

export function createScheduleStore({ read, write }: ControlAccess): ScheduleStore {
  const stateRows = () => read((db) => db.selectFrom('schedule').selectAll().execute())
  const stateOf = (paused: number) => (paused === 1 ? 'paused' : 'running')

  return {
    states: async () => new Map((await stateRows()).map(({ id, paused }) => [id, stateOf(paused)])),

    stateChanges: async () =>
      new Map(
        (await stateRows()).map(({ id, paused, changed_at }) => [
          id,
          { state: stateOf(paused), at: changed_at },
        ]),
      ),

    async setState(id, state, now) {
      const paused = state === 'paused' ? 1 : 0
      await write(async (db) => {
        if (state === undefined) await db.deleteFrom('schedule').where('id', '=', id).execute()
        else
          await db
            .insertInto('schedule')
            .values({ id, paused, changed_at: now })
            .onConflict((conflict) => conflict.column('id').doUpdateSet({ paused, changed_at: now }))
            .execute()
      })
    },

    async recordTicks(ticks) {
      if (ticks.length === 0) return []
      const rows = ticks.map(({ schedule, at, outcome, runId, reason }) => ({
        schedule,
        at,
        outcome,
        run_id: runId ?? null,
        reason: reason ?? null,
      }))
      rows.sort((a, b) => (a.schedule === b.schedule ? a.at - b.at : a.schedule < b.schedule ? -1 : 1))
      return write(async (db) => {
        const recorded: Tick[] = []
        for (let start = 0; start < rows.length; start += CHUNK) {
          const added = await db
            .insertInto('tick')
            .values(rows.slice(start, start + CHUNK))
            .onConflict((conflict) => conflict.columns(['schedule', 'at']).doNothing())
            .returningAll()
            .execute()
          recorded.push(...added.map(tickOf))
        }
        return recorded
      })
    },

    async lastTicks(ids, until) {
      const last = new Map<string, Tick>()
      for (let start = 0; start < ids.length; start += CHUNK) {
        const wanted = valuesTable<{ column1: string }>(ids.slice(start, start + CHUNK).map((id) => [id]))
        const rows = await read((db) =>
          db
            .selectFrom(wanted.as('wanted'))
            .crossJoin('tick')
            .whereRef('tick.schedule', '=', 'wanted.column1')
            // Looked up for each: going through all ticks of a schedule to find the last one takes long.
            .where('tick.at', '=', (tick) =>
              tick
                .selectFrom('tick as earlier')
                .select(sql<number>`max(earlier.at)`.as('at'))
                .whereRef('earlier.schedule', '=', 'wanted.column1')
                .where('earlier.at', '<=', until),
            )
            .selectAll('tick')
            .execute(),
        )
        for (const row of rows) last.set(row.schedule, tickOf(row))
      }
      return last
    },

    ticks: ({ schedule, before, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('tick').selectAll().orderBy('at', 'desc').orderBy('schedule').limit(limit)
        if (schedule !== undefined) query = query.where('schedule', '=', schedule)
        if (before !== undefined) query = query.where('at', '<', before)
        return (await query.execute()).map(tickOf)
      }),

    async pruneTicks(before) {
      const newest = await read((db) =>
        db
          .selectFrom('tick')
          .select((tick) => ['schedule', tick.fn.max('at').as('at')])
          .groupBy('schedule')
          .execute(),
      )
      let deleted = 0
      // A schedule at a time, so that nobody waits long for a turn at writing.
      for (const { schedule, at } of newest) {
        const { numDeletedRows } = await write((db) =>
          db
            .deleteFrom('tick')
            .where('schedule', '=', schedule)
            .where('at', '<', Math.min(before, at))
            .executeTakeFirst(),
        )
        deleted += Number(numDeletedRows)
      }
      return deleted
    },
  }
}

function tickOf(row: TickRow): Tick {
  return {
    schedule: row.schedule,
    at: row.at,
    outcome: row.outcome as Tick['outcome'],
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  }
}

import type { ControlAccess } from './access.ts'
import type { ScheduleStore, Tick } from './control.ts'

export function createScheduleStore({ read, write }: ControlAccess): ScheduleStore {
  return {
    states: () =>
      read(async (db) => {
        const rows = await db.selectFrom('schedule').selectAll().execute()
        return new Map(rows.map(({ id, paused }) => [id, paused === 1 ? 'paused' : 'running']))
      }),

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

    async recordTick({ schedule, at, outcome, runId, reason }) {
      await write((db) =>
        db
          .insertInto('tick')
          .values({ schedule, at, outcome, run_id: runId ?? null, reason: reason ?? null })
          .onConflict((conflict) => conflict.columns(['schedule', 'at']).doNothing())
          .execute(),
      )
    },

    ticks: ({ schedule, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('tick').selectAll().orderBy('at', 'desc').orderBy('schedule').limit(limit)
        if (schedule !== undefined) query = query.where('schedule', '=', schedule)
        return (await query.execute()).map(
          (row): Tick => ({
            schedule: row.schedule,
            at: row.at,
            outcome: row.outcome as Tick['outcome'],
            ...(row.run_id === null ? {} : { runId: row.run_id }),
            ...(row.reason === null ? {} : { reason: row.reason }),
          }),
        )
      }),

    pruneTicks: (before) =>
      write(async (db) => {
        const { numDeletedRows } = await db
          .deleteFrom('tick')
          .where('at', '<', before)
          .where((tick) =>
            tick.exists(
              tick
                .selectFrom('tick as newer')
                .select('newer.at')
                .whereRef('newer.schedule', '=', 'tick.schedule')
                .whereRef('newer.at', '>', 'tick.at'),
            ),
          )
          .executeTakeFirst()
        return Number(numDeletedRows)
      }),
  }
}

import { type Kysely, sql } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { ClaimDoubts } from './claim-doubts.ts'
import { due } from './claimable.ts'
import type { RunStore } from './control.ts'
import { withoutClashes } from './queue-limits.ts'
import { runOf } from './run-rows.ts'
import type { ControlSchema } from './schema.ts'

export type HandOvers = Pick<RunStore, 'dispatch' | 'dispatched' | 'takeBack' | 'handAgain'>

/** Runs handed over to whatever starts them elsewhere: in `run`, `dispatched` is the attempt that a hand-over is for, and `handovers` counts them. */
export function createHandOvers({ read, write, exclusive }: ControlAccess, doubts: ClaimDoubts): HandOvers {
  return {
    async dispatch({ jobs, now, limit, resources = new Map() }) {
      if (jobs.length === 0) return []
      const waiting = (db: Kysely<ControlSchema>) =>
        due(db, jobs, now).whereRef('dispatched', '<=', 'attempt').limit(limit)
      if (doubts.any())
        await doubts.make(({ settle }) =>
          exclusive(async (db) => {
            await settle(db, now)
            return undefined
          }),
        )
      if ((await read((db) => waiting(db).select('id').limit(1).executeTakeFirst())) === undefined) return []
      return exclusive(async (db) => {
        const rows = await waiting(db).selectAll().execute()
        const chosen = await withoutClashes(db, rows, resources)
        if (chosen.length === 0) return []
        await db
          .updateTable('run')
          .set((run) => ({ dispatched: run('attempt', '+', 1), handovers: run('handovers', '+', 1) }))
          .where(
            'id',
            'in',
            chosen.map(({ id }) => id),
          )
          .execute()
        return chosen.map((row) => ({ run: runOf(row), handover: row.handovers + 1 }))
      })
    },

    async takeBack(id) {
      await write((db) =>
        db
          .updateTable('run')
          .set({ dispatched: 0 })
          .where('id', '=', id)
          .where('status', '=', 'queued')
          .execute(),
      )
    },

    handAgain: (id) =>
      write(async (db) => {
        const row = await db
          .updateTable('run')
          .set((run) => ({ handovers: run('handovers', '+', 1) }))
          .where('id', '=', id)
          .where('status', '=', 'queued')
          .whereRef('dispatched', '>', 'attempt')
          .returningAll()
          .executeTakeFirst()
        return row && { run: runOf(row), handover: row.handovers }
      }),

    dispatched: (limit) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('run')
          .selectAll()
          .where('status', '=', sql.lit('queued'))
          .whereRef('dispatched', '>', 'attempt')
          .orderBy('id')
          .limit(limit)
          .execute()
        return rows.map((row) => ({ run: runOf(row), handover: row.handovers }))
      }),
  }
}

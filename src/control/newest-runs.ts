import { sql } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { runOf } from './run-rows.ts'

/** Pairs per statement: engines limit how many values one may bind. */
const CHUNK = 400

/** The newest run of many batches at once: one step into an index for each, however many runs there are. */
export function createNewestRuns({ read }: ControlAccess): Pick<RunStore, 'newest'> {
  return {
    newest: ({ batches, jobs, status }) =>
      read(async (db) => {
        const pairs = batches.flatMap((batch) => jobs.map((job) => sql`(${job}, ${batch})`))
        const runs: Awaited<ReturnType<RunStore['newest']>>[number][] = []
        for (let start = 0; start < pairs.length; start += CHUNK) {
          const asked = sql.join(pairs.slice(start, start + CHUNK))
          const found = await sql<{ readonly id: string | null }>`
            SELECT (SELECT run.id FROM run WHERE run.job = asked.column1 AND run.batch = asked.column2
              AND run.status = ${status} AND run.shard = '' ORDER BY run.id DESC LIMIT 1) AS id
            FROM (VALUES ${asked}) AS asked`.execute(db)
          const ids = found.rows.flatMap(({ id }) => (id === null ? [] : [id]))
          if (ids.length === 0) continue
          const rows = await db.selectFrom('run').selectAll().where('id', 'in', ids).execute()
          runs.push(...rows.map(runOf))
        }
        return runs
      }),
  }
}

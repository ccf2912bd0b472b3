import { sql } from 'kysely'
import type { ControlAccess } from './access.ts'
import { unblocked } from './claimable.ts'
import type { RunStore } from './control.ts'
import { runOf } from './run-rows.ts'

/** What those look at who watch over runs. */
export function createRunWatch({ read }: ControlAccess): Pick<RunStore, 'failedSince' | 'waiting'> {
  return {
    failedSince: ({ after, limit }) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('run')
          .selectAll()
          // A literal, so that SQLite knows which index holds these rows.
          .where('status', '=', sql.lit('failed'))
          .where('ended_at', '>=', after.at)
          .where((run) =>
            run.or([
              run('ended_at', '>', after.at),
              run.and([run('ended_at', '=', after.at), run('id', '>', after.id)]),
            ]),
          )
          .where('trigger', '!=', 'fan-out')
          .orderBy('ended_at')
          .orderBy('id')
          .limit(limit)
          .execute()
        return rows.map(runOf)
      }),

    waiting: ({ before, limit }) =>
      read(async (db) => {
        // What waits for its predecessor waits for a run that is itself looked at.
        const rows = await unblocked(db)
          .selectAll()
          .where('queued_at', '<', before)
          .where((run) => run.or([run('not_before', 'is', null), run('not_before', '<', before)]))
          .orderBy('id')
          .limit(limit)
          .execute()
        return rows.map(runOf)
      }),
  }
}

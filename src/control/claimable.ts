import { type Kysely, sql } from 'kysely'
import type { ControlSchema } from './schema.ts'

/** Queued runs whose job, batch and shard are not running anywhere, in no order. */
export function unblocked(db: Kysely<ControlSchema>) {
  return (
    db
      .selectFrom('run')
      // As literals, so that SQLite knows which indexes hold these rows.
      .where('status', '=', sql.lit('queued'))
      .where((run) =>
        run.not(
          run.exists(
            run
              .selectFrom('run as other')
              .select('other.id')
              .whereRef('other.job', '=', 'run.job')
              .whereRef('other.batch', '=', 'run.batch')
              .whereRef('other.shard', '=', 'run.shard')
              .where('other.status', '=', sql.lit('running')),
          ),
        ),
      )
  )
}

/** `unblocked`, the next first. */
export function claimable(db: Kysely<ControlSchema>) {
  return unblocked(db).orderBy('priority').orderBy('id')
}

/** `claimable`, of these jobs and at this time. */
export function due(db: Kysely<ControlSchema>, jobs: readonly string[], now: number) {
  return claimable(db)
    .where('job', 'in', jobs)
    .where((run) => run.or([run('not_before', 'is', null), run('not_before', '<=', now)]))
}

/** Which of the queued runs somebody can start. */
export interface WantedRuns {
  readonly jobs: readonly string[]
  readonly now: number
  /** Of which queues; empty for all, where the statement knows all. */
  readonly queues: readonly string[]
  /** Resources without room. */
  readonly full: readonly string[]
  readonly limit: number
}

import type { Kysely, Transaction } from 'kysely'
import type { Run, RunError } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { closeSteps } from './held-runs.ts'
import { released } from './released.ts'
import { jsonText, runOf } from './run-rows.ts'
import type { ControlSchema, RunRow } from './schema.ts'

type RecoverOptions = Parameters<RunStore['recover']>[0]

interface Losses {
  /** Ids of executors that died. */
  readonly dead: readonly string[]
  /** Running runs that nobody works on any more. */
  readonly runs: readonly RunRow[]
}

async function findLosses(db: Kysely<ControlSchema>, isDead: RecoverOptions['isDead']): Promise<Losses> {
  const executors = await db.selectFrom('executor').selectAll().execute()
  const dead = executors
    .filter(({ seen_at, ...info }) => isDead({ ...info, seenAt: seen_at }))
    .map(({ id }) => id)
  const living = new Set(executors.map(({ id }) => id).filter((id) => !dead.includes(id)))
  const running = await db
    .selectFrom('run')
    .selectAll()
    .where('status', '=', 'running')
    .orderBy('id')
    .execute()
  return { dead, runs: running.filter(({ executor }) => executor === null || !living.has(executor)) }
}

/** A run that takes its process down with it is not started for ever. */
function poisonError(run: Pick<Run, 'job' | 'batch'>, losses: number): RunError {
  const subject = run.batch === undefined || run.batch === '' ? '' : `batch "${run.batch}": `
  return {
    code: 'JOB_FAILED',
    message: `${subject}${run.job} is not started again: the process that ran it died or stood still ${losses} times; look for a crash, a lack of memory or a pause at those times, then retry it`,
  }
}

/** False when the run has been ended since it was read, by an executor that only seemed to be dead. */
async function release(
  db: Transaction<ControlSchema>,
  row: RunRow,
  options: Omit<RecoverOptions, 'isDead'>,
): Promise<boolean> {
  const { now, maxAttempts } = options
  const losses = row.losses + 1
  const poisoned = losses >= maxAttempts && row.cancel_requested === 0
  const change = poisoned
    ? {
        status: 'failed',
        ended_at: now,
        error: jsonText(poisonError({ job: row.job as Run['job'], batch: row.batch }, losses)),
      }
    : released(row, now)
  const changed = await db
    .updateTable('run')
    .set({ ...change, losses })
    .where('id', '=', row.id)
    .where('status', '=', 'running')
    .where('attempt', '=', row.attempt)
    .returning('id')
    .executeTakeFirst()
  if (changed === undefined) return false
  await closeSteps(db, [{ id: row.id, now }], 'interrupted: the process that ran it died or stood still')
  return true
}

/** Who works on runs, and what becomes of the runs of those who died. */
export function createExecutors({
  read,
  change,
  exclusive,
}: ControlAccess): Pick<RunStore, 'heartbeat' | 'retire' | 'recover' | 'lose' | 'executors'> {
  return {
    heartbeat: ({ id, host, pid }, now) =>
      change(async (db) => {
        await db
          .insertInto('executor')
          .values({ id, host, pid, seen_at: now })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ host, pid, seen_at: now }))
          .execute()
      }),

    retire: (executorId) =>
      change(async (db) => {
        await db.deleteFrom('executor').where('id', '=', executorId).execute()
      }),

    async recover(options) {
      const seen = await read((db) => findLosses(db, options.isDead))
      if (seen.dead.length === 0 && seen.runs.length === 0) return []
      return exclusive(async (db) => {
        const { dead, runs } = await findLosses(db, options.isDead)
        const taken: RunRow[] = []
        for (const row of runs) if (await release(db, row, options)) taken.push(row)
        if (dead.length > 0) await db.deleteFrom('executor').where('id', 'in', dead).execute()
        return taken.map(runOf)
      })
    },

    lose: (id, { executor, attempt, ...options }) =>
      exclusive(async (db) => {
        const row = await db
          .selectFrom('run')
          .selectAll()
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .where('attempt', '=', attempt)
          .executeTakeFirst()
        return row !== undefined && release(db, row, options)
      }),

    executors: () =>
      read(async (db) => {
        const rows = await db.selectFrom('executor').selectAll().orderBy('id', 'desc').execute()
        return rows.map(({ seen_at, ...info }) => ({ ...info, seenAt: seen_at }))
      }),
  }
}

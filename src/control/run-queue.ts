import type { Kysely, Transaction } from 'kysely'
import type { RunError } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { createId } from './ids.ts'
import { jsonText, newRunRow, runOf } from './run-rows.ts'
import type { ControlSchema, RunRow } from './schema.ts'

type RunQueue = Pick<
  RunStore,
  'enqueue' | 'claim' | 'claimById' | 'finish' | 'requeue' | 'cancel' | 'cancelRequests'
>

/** Queued runs whose job and batch are not running anywhere, oldest first. */
function claimable(db: Kysely<ControlSchema>) {
  return db
    .selectFrom('run')
    .select('id')
    .where('status', '=', 'queued')
    .where((run) =>
      run.not(
        run.exists(
          run
            .selectFrom('run as other')
            .select('other.id')
            .whereRef('other.job', '=', 'run.job')
            .whereRef('other.batch', '=', 'run.batch')
            .where('other.status', '=', 'running'),
        ),
      ),
    )
    .orderBy('id')
    .limit(1)
}

async function take(
  db: Transaction<ControlSchema>,
  id: string,
  executor: string,
  now: number,
): Promise<RunRow | undefined> {
  return db
    .updateTable('run')
    .set((run) => ({ status: 'running', executor, started_at: now, attempt: run('attempt', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .returningAll()
    .executeTakeFirst()
}

/** Ends the steps that a run, which is no longer running, has left open. */
export async function closeSteps(
  db: Transaction<ControlSchema>,
  runIds: readonly string[],
  options: { readonly now: number; readonly message: string },
): Promise<void> {
  const error: RunError = { code: 'CANCELED', message: options.message }
  await db
    .updateTable('step')
    .set({ status: 'failed', ended_at: options.now, error: jsonText(error) })
    .where('run_id', 'in', runIds)
    .where('status', '=', 'running')
    .execute()
}

/** Ends or re-queues a run that lost its executor: what was asked to be canceled is not started again. */
export function released(row: Pick<RunRow, 'cancel_requested'>, now: number) {
  if (row.cancel_requested === 0) return { status: 'queued', executor: null, started_at: null }
  const error: RunError = { code: 'CANCELED', message: 'canceled on request' }
  return { status: 'canceled', executor: null, ended_at: now, error: jsonText(error) }
}

/** The queue of runs: who may start what, and who ends it. */
export function createRunQueue({ read, write }: ControlAccess): RunQueue {
  return {
    enqueue: (request, { now, idempotencyKey, notBefore }) =>
      write(async (db) => {
        const inserted = await db
          .insertInto('run')
          .values({
            ...newRunRow(createId(now), request, now),
            idempotency_key: idempotencyKey ?? null,
            not_before: notBefore ?? null,
          })
          .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
          .returningAll()
          .executeTakeFirst()
        if (inserted !== undefined) return { run: runOf(inserted), created: true }
        const earlier = await db
          .selectFrom('run')
          .selectAll()
          .where('idempotency_key', '=', idempotencyKey ?? null)
          .executeTakeFirstOrThrow()
        return { run: runOf(earlier), created: false }
      }),

    async claim({ jobs, executor, now }) {
      if (jobs.length === 0) return undefined
      const next = (db: Kysely<ControlSchema>) =>
        claimable(db)
          .where('job', 'in', jobs)
          .where((run) => run.or([run('not_before', 'is', null), run('not_before', '<=', now)]))
          .executeTakeFirst()
      // Idle processes ask often: they need no turn at writing to see that nothing waits.
      if ((await read(next)) === undefined) return undefined
      return write(async (db) => {
        const candidate = await next(db)
        const row = candidate && (await take(db, candidate.id, executor, now))
        return row && runOf(row)
      })
    },

    claimById: (id, { executor, now }) =>
      write(async (db) => {
        const candidate = await claimable(db).where('id', '=', id).executeTakeFirst()
        const row = candidate && (await take(db, id, executor, now))
        return row && runOf(row)
      }),

    finish: (id, { executor, status, now, error }) =>
      write(async (db) => {
        const ended = await db
          .updateTable('run')
          .set({ status, ended_at: now, error: jsonText(error) })
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .returning('id')
          .executeTakeFirst()
        if (ended === undefined) return false
        await closeSteps(db, [id], { now, message: 'the run ended before this step did' })
        return true
      }),

    requeue: (id, { executor, now }) =>
      write(async (db) => {
        const held = await db
          .selectFrom('run')
          .select('cancel_requested')
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .executeTakeFirst()
        if (held === undefined) return false
        await db.updateTable('run').set(released(held, now)).where('id', '=', id).execute()
        await closeSteps(db, [id], { now, message: 'interrupted: the process stopped' })
        return true
      }),

    cancel: (id, now) =>
      write(async (db) => {
        const row = await db.selectFrom('run').select('status').where('id', '=', id).executeTakeFirst()
        if (row?.status === 'running') {
          await db.updateTable('run').set({ cancel_requested: 1 }).where('id', '=', id).execute()
          return true
        }
        if (row?.status !== 'queued') return false
        const error: RunError = { code: 'CANCELED', message: 'canceled before it started' }
        await db
          .updateTable('run')
          .set({ status: 'canceled', ended_at: now, error: jsonText(error) })
          .where('id', '=', id)
          .execute()
        return true
      }),

    cancelRequests: (executor) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('run')
          .select('id')
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .where('cancel_requested', '=', 1)
          .execute()
        return rows.map((row) => row.id)
      }),
  }
}

import type { Kysely, Transaction } from 'kysely'
import type { Run, RunError } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import { createClaimDoubts } from './claim-doubts.ts'
import { claimable, due } from './claimable.ts'
import type { RunStore } from './control.ts'
import { createHandOvers, type HandOvers } from './hand-overs.ts'
import { createId } from './ids.ts'
import { fullResources, recordStart, withRoom } from './queue-limits.ts'
import { released } from './released.ts'
import { jsonText, newRunRow, runOf } from './run-rows.ts'
import type { ControlSchema, RunRow } from './schema.ts'

type RunQueue = Pick<
  RunStore,
  | keyof HandOvers
  | 'enqueue'
  | 'claim'
  | 'claimById'
  | 'claimDispatched'
  | 'finish'
  | 'requeue'
  | 'retryLater'
  | 'cancel'
  | 'cancelRequests'
  | 'isHeld'
>

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

/** The queue of runs: who may start what, and who ends it. */
export function createRunQueue(access: ControlAccess): RunQueue {
  const { read, write, exclusive } = access
  /** Whether the last look at the queue found something, so that the next one probably does. */
  let busy = false
  const doubts = createClaimDoubts()

  async function claimFirst(
    candidates: (db: Kysely<ControlSchema>) => ReturnType<typeof claimable>,
    { executor, now }: { readonly executor: string; readonly now: number },
  ): Promise<Run | undefined> {
    const row = await doubts.make(({ settle, took }) =>
      exclusive(async (db) => {
        await settle(db, now)
        const candidate = await candidates(db).select('id').limit(1).executeTakeFirst()
        const taken = candidate && (await take(db, candidate.id, executor, now))
        if (taken !== undefined) took(taken)
        return taken
      }),
    )
    return row && runOf(row)
  }

  return {
    enqueue: (request, { now, idempotencyKey, notBefore, resource }) =>
      write(async (db) => {
        const inserted = await db
          .insertInto('run')
          .values({
            ...newRunRow(createId(now), request, now),
            idempotency_key: idempotencyKey ?? null,
            not_before: notBefore === undefined ? null : Math.ceil(notBefore),
            resource: resource ?? '',
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

    async claim({ jobs, executor, now, queues, resources = new Map() }) {
      const open = queues?.filter(({ room }) => room > 0)
      if (jobs.length === 0 || open?.length === 0) return undefined
      const next = async (db: Kysely<ControlSchema>) => {
        const free = open && (await withRoom(db, open, now))
        if (free?.length === 0) return undefined
        const full = await fullResources(db, resources)
        let query = due(db, jobs, now).select('id').limit(1)
        if (free !== undefined) query = query.where('queue', 'in', free)
        if (full.length > 0) query = query.where('resource', 'not in', full)
        return query.executeTakeFirst()
      }
      // Idle processes ask often: they need no turn at writing to see that nothing waits.
      if (!busy && !doubts.any() && (await read(next)) === undefined) return undefined
      const row = await doubts.make(({ settle, took }) =>
        exclusive(async (db) => {
          await settle(db, now)
          const candidate = await next(db)
          const taken = candidate && (await take(db, candidate.id, executor, now))
          if (taken === undefined) return undefined
          took(taken)
          await recordStart(db, taken, queues ?? [])
          return taken
        }),
      )
      busy = row !== undefined
      return row && runOf(row)
    },

    claimById: (id, claimant) => claimFirst((db) => claimable(db).where('id', '=', id), claimant),

    async claimDispatched({ queue, jobs, ...claimant }) {
      if (jobs.length === 0) return undefined
      const handedOver = (db: Kysely<ControlSchema>) =>
        due(db, jobs, claimant.now).where('queue', '=', queue).whereRef('dispatched', '>', 'attempt')
      const any = await read((db) => handedOver(db).select('id').limit(1).executeTakeFirst())
      if (any === undefined && !doubts.any()) return undefined
      return claimFirst(handedOver, claimant)
    },

    ...createHandOvers(access, doubts),

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
      exclusive(async (db) => {
        const held = await db
          .selectFrom('run')
          .select('cancel_requested')
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .executeTakeFirst()
        if (held === undefined) return false
        await db
          .updateTable('run')
          .set(released(held, now))
          .where('id', '=', id)
          .where('status', '=', 'running')
          .execute()
        await closeSteps(db, [id], { now, message: 'interrupted: the process stopped' })
        return true
      }),

    retryLater: (id, { executor, now, notBefore, error }) =>
      exclusive(async (db) => {
        const held = await db
          .selectFrom('run')
          .select('cancel_requested')
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .executeTakeFirst()
        if (held === undefined) return false
        await db
          .updateTable('run')
          .set((run) => ({
            ...released(held, now),
            ...(held.cancel_requested === 0
              ? { not_before: Math.ceil(notBefore), error: jsonText(error) }
              : {}),
            failures: run('failures', '+', 1),
          }))
          .where('id', '=', id)
          .where('status', '=', 'running')
          .execute()
        await closeSteps(db, [id], { now, message: 'the run ended before this step did' })
        return true
      }),

    cancel: (id, now) =>
      exclusive(async (db) => {
        const row = await db.selectFrom('run').select('status').where('id', '=', id).executeTakeFirst()
        if (row?.status === 'running') {
          const asked = await db
            .updateTable('run')
            .set({ cancel_requested: 1 })
            .where('id', '=', id)
            // Who executes it may have ended it just now.
            .where('status', '=', 'running')
            .returning('id')
            .executeTakeFirst()
          return asked !== undefined
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

    isHeld: (id, executor) =>
      read(async (db) => {
        const row = await db
          .selectFrom('run')
          .select('id')
          .where('id', '=', id)
          .where('status', '=', 'running')
          .where('executor', '=', executor)
          .executeTakeFirst()
        return row !== undefined
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

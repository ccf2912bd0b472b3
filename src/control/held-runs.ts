import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunError } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import type { Hold, RunStore } from './control.ts'
import { prepared } from './prepared.ts'
import { released } from './released.ts'
import { jsonText } from './run-rows.ts'
import type { ControlSchema } from './schema.ts'
import { inPieces, together } from './together.ts'
import { valuesTable } from './values-table.ts'

type HeldRuns = Pick<RunStore, 'finish' | 'requeue' | 'retryLater' | 'cancel' | 'cancelRequests' | 'isHeld'>

type End = { readonly id: string } & Parameters<RunStore['finish']>[1]

const UNENDED = 'the run ended before this step did'

/** Ends the steps that runs, which are no longer running, have left open. */
export async function closeSteps(
  db: Transaction<ControlSchema>,
  runs: readonly { readonly id: string; readonly now: number }[],
  message: string,
): Promise<void> {
  const error: RunError = { code: 'CANCELED', message }
  await updateSteps(db, { runs: runs.map(({ id, now }) => [id, now]), error: jsonText(error) })
}

const updateSteps = prepared(
  (
    db,
    { runs, error }: { readonly runs: readonly (readonly [id: string, now: number])[]; error: string | null },
  ) =>
    db
      .updateTable('step')
      .from(valuesTable<{ column1: string; column2: number }>(runs).as('over'))
      .set({ status: 'failed', ended_at: sql`cast(over.column2 as bigint)`, error })
      .whereRef('step.run_id', '=', 'over.column1')
      .where('step.status', '=', 'running'),
)

/** Runs that are being executed: how they come to their end, or back into the queue. */
export function createHeldRuns({ read, write, exclusive }: ControlAccess): HeldRuns {
  const end = together<End, boolean>({
    async work(ends) {
      const ended = await write(async (db) => {
        const now: End[] = []
        for (const piece of inPieces(ends)) {
          const ids = await endRuns(db, piece)
          const done = piece.filter(({ id }) => ids.has(id))
          if (done.length > 0) await closeSteps(db, done, UNENDED)
          now.push(...done)
        }
        return new Set(now)
      })
      const others = ends.filter((one) => !ended.has(one))
      const before = others.length === 0 ? new Set<End>() : await read((db) => endedBefore(db, others))
      return ends.map((one) => ended.has(one) || before.has(one))
    },
  })

  return {
    finish: (id, how) => end({ id, ...how }),

    requeue: (id, { now, ...hold }) =>
      exclusive(async (db) => {
        const held = await heldRun(db, id, hold)
        if (held === undefined) return false
        await db
          .updateTable('run')
          .set(released(held, now))
          .where('id', '=', id)
          .where('status', '=', 'running')
          .execute()
        await closeSteps(db, [{ id, now }], 'interrupted: the process stopped')
        return true
      }),

    retryLater: (id, { now, notBefore, error, ...hold }) =>
      exclusive(async (db) => {
        const held = await heldRun(db, id, hold)
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
        await closeSteps(db, [{ id, now }], UNENDED)
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

    isHeld: (id, executor) => read(async (db) => (await heldRun(db, id, { executor })) !== undefined),

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

function heldRun(
  db: Kysely<ControlSchema>,
  id: string,
  { executor, attempt }: Partial<Hold> & Pick<Hold, 'executor'>,
) {
  return db
    .selectFrom('run')
    .select('cancel_requested')
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('executor', '=', executor)
    .$if(attempt !== undefined, (held) => held.where('attempt', '=', attempt!))
    .executeTakeFirst()
}

interface EndColumns {
  readonly column1: string
  readonly column2: string
  readonly column3: string
  readonly column5: string | null
}

const updateEnds = prepared(
  (db, { ends }: { readonly ends: readonly (readonly (string | number | null)[])[] }) =>
    db
      .updateTable('run')
      .from(valuesTable<EndColumns>(ends).as('wanted'))
      .set((run) => ({
        status: run.ref('wanted.column3'),
        ended_at: sql<number>`cast(wanted.column4 as bigint)`,
        error: run.ref('wanted.column5'),
      }))
      .whereRef('run.id', '=', 'wanted.column1')
      .where('run.status', '=', 'running')
      .whereRef('run.executor', '=', 'wanted.column2')
      .where('run.attempt', '=', sql<number>`cast(wanted.column6 as bigint)`)
      .returning('run.id'),
)

/** Ids of those that are ended now. */
async function endRuns(db: Transaction<ControlSchema>, ends: readonly End[]): Promise<ReadonlySet<string>> {
  const rows = await updateEnds(db, {
    ends: ends.map(({ id, executor, status, now, error, attempt }) => [
      id,
      executor,
      status,
      now,
      jsonText(error),
      attempt,
    ]),
  })
  return new Set(rows.map(({ id }) => id))
}

/** Those that are on record as they say: the answer that they had been recorded got lost. */
async function endedBefore(db: Kysely<ControlSchema>, ends: readonly End[]): Promise<ReadonlySet<End>> {
  const rows = await db
    .selectFrom('run')
    .select(['id', 'executor', 'status', 'ended_at', 'attempt'])
    .where(
      'id',
      'in',
      ends.map(({ id }) => id),
    )
    .execute()
  const known = new Map(rows.map((row) => [row.id, row]))
  return new Set(
    ends.filter(({ id, executor, status, now, attempt }) => {
      const row = known.get(id)
      return (
        row?.executor === executor && row.attempt === attempt && row.status === status && row.ended_at === now
      )
    }),
  )
}

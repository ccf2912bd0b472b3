import { type Kysely, sql, type Transaction } from 'kysely'
import { AnomstackError } from '../core/errors.ts'
import type { Run } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import { createClaimDoubts } from './claim-doubts.ts'
import { claimable, due, type WantedRuns } from './claimable.ts'
import type { RunStore } from './control.ts'
import { createHandOvers, type HandOvers } from './hand-overs.ts'
import { createId } from './ids.ts'
import { prepared } from './prepared.ts'
import {
  queueRoom,
  type Room,
  recordStarts,
  resourceRoom,
  takeRoom,
  withoutRoom,
  withRoom,
} from './queue-limits.ts'
import { newRunRow, runOf } from './run-rows.ts'
import type { ControlSchema, NewRunRow, RunRow } from './schema.ts'
import { inPieces, together } from './together.ts'

type RunQueue = Pick<RunStore, keyof HandOvers | 'enqueue' | 'claim' | 'claimById'>
type Claim = Parameters<RunStore['claim']>[0]

/** Rows that are looked at in one round of a claim. */
const MOST_CANDIDATES = 64

/** The queue of runs: what is asked for, and who may start what. */
export function createRunQueue(access: ControlAccess): RunQueue {
  const { read, change, exclusive } = access
  /** Whether the queue probably holds something: something was queued here, or the last look left something. */
  let busy = false
  const doubts = createClaimDoubts()

  const add = together<NewRunRow, { readonly run: Run; readonly created: boolean }>({
    async work(rows) {
      const created = new Set<string>()
      for (const piece of inPieces(rows))
        for (const { id } of await change((db) => insertNew(db, { rows: piece }))) created.add(id)
      const others = rows.filter(({ id }) => !created.has(id))
      const earlier = others.length === 0 ? new Map<string, RunRow>() : await read((db) => find(db, others))
      return rows.map((row) => {
        if (created.has(row.id)) return { run: runOf(row as RunRow), created: true }
        const found = earlier.get(row.idempotency_key ?? row.id)
        if (found === undefined)
          throw new AnomstackError(
            'CONTROL_FAILED',
            'control database: the run of this idempotency key was deleted just now; ask again',
            { retryable: false },
          )
        // Of a statement whose answer got lost, so that it was made twice.
        return { run: runOf(found), created: found.id === row.id }
      })
    },
  })

  return {
    async enqueue(request, { now, idempotencyKey, notBefore, resource }) {
      const queued = await add({
        ...newRunRow(createId(now), request, now),
        idempotency_key: idempotencyKey ?? null,
        not_before: notBefore === undefined ? null : Math.ceil(notBefore),
        resource: resource ?? '',
      })
      busy ||= queued.created
      return queued
    },

    async claim(options) {
      const { jobs, now, limit, queues } = options
      const open = queues?.filter(({ room }) => room > 0)
      if (jobs.length === 0 || limit <= 0 || open?.length === 0) return []
      // Idle processes ask often: they need no turn at writing to see that nothing waits.
      if (!busy && !doubts.any() && !(await read((db) => isAny(db, options, open)))) return []
      const rows = await doubts.make(({ settle, took }) =>
        exclusive(async (db) => {
          await settle(db, now)
          const taken = await claimNext(db, options, open)
          took(taken)
          return taken
        }),
      )
      busy = rows.length === limit
      return rows.map(runOf)
    },

    async claimById(id, { executor, now }) {
      const [row] = await doubts.make(({ settle, took }) =>
        exclusive(async (db) => {
          await settle(db, now)
          const candidate = await claimable(db).where('id', '=', id).select('id').executeTakeFirst()
          const taken = candidate === undefined ? [] : await take(db, [candidate], { executor, now })
          took(taken)
          return taken
        }),
      )
      return row && runOf(row)
    },

    ...createHandOvers(access, doubts),
  }
}

const insertNew = prepared((db, { rows }: { readonly rows: readonly NewRunRow[] }) =>
  db
    .insertInto('run')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

/** Runs that were there already, by their idempotency keys, or by their ids when they have none. */
async function find(
  db: Kysely<ControlSchema>,
  rows: readonly NewRunRow[],
): Promise<ReadonlyMap<string, RunRow>> {
  const found = await db
    .selectFrom('run')
    .selectAll()
    .where((run) =>
      run.or([
        run(
          'idempotency_key',
          'in',
          rows.map(({ idempotency_key }) => idempotency_key ?? null),
        ),
        run(
          'id',
          'in',
          rows.map(({ id }) => id),
        ),
      ]),
    )
    .execute()
  return new Map(found.map((row) => [row.idempotency_key ?? row.id, row]))
}

/** The next of the queue, for whom there is room. */
const nextRuns = prepared((db, { jobs, now, queues, full, limit }: WantedRuns) => {
  let query = due(db, jobs, now)
    .select(['id', 'job', 'batch', 'shard', 'queue', 'resource', 'dispatched', 'attempt'])
    .limit(limit)
  if (queues.length > 0) query = query.where('queue', 'in', queues)
  if (full.length > 0)
    query = query.where((run) =>
      run.or([run('resource', 'not in', full), run('dispatched', '>', run.ref('attempt'))]),
    )
  return query
})

const wantedOf = ({ jobs, now }: Claim, { queues, resources }: Room, limit: number): WantedRuns => ({
  jobs,
  now,
  queues: queues === undefined ? [] : withRoom(queues),
  full: withoutRoom(resources),
  limit,
})

async function roomOf(
  db: Kysely<ControlSchema>,
  { now, resources = new Map() }: Claim,
  queues: Claim['queues'],
): Promise<Room> {
  return {
    queues: queues && (await queueRoom(db, queues, now)),
    resources: await resourceRoom(db, resources),
  }
}

const isClosed = ({ queues }: Room) => queues !== undefined && withRoom(queues).length === 0

async function isAny(db: Kysely<ControlSchema>, claim: Claim, queues: Claim['queues']): Promise<boolean> {
  const room = await roomOf(db, claim, queues)
  if (isClosed(room)) return false
  return (await nextRuns(db, wantedOf(claim, room, 1))).length > 0
}

/** Takes runs in rounds: of each round at least the first may start, and those that must not overlap with it are not looked at again. */
async function claimNext(
  db: Transaction<ControlSchema>,
  claim: Claim,
  queues: Claim['queues'],
): Promise<readonly RunRow[]> {
  const room = await roomOf(db, claim, queues)
  const taken: RunRow[] = []
  while (taken.length < claim.limit && !isClosed(room)) {
    const limit = Math.min(claim.limit - taken.length, MOST_CANDIDATES)
    const rows = await nextRuns(db, wantedOf(claim, room, limit))
    const candidates = rows.map((row) => ({ ...row, counted: row.dispatched > row.attempt }))
    const chosen = takeRoom(candidates, room)
    const more = chosen.length === 0 ? [] : await take(db, chosen, claim)
    taken.push(...more)
    if (more.length === 0 || rows.length < limit) break
  }
  await recordStarts(db, taken, { queues: claim.queues ?? [], now: claim.now })
  return taken
}

interface Taking {
  readonly ids: readonly string[]
  readonly executor: string
  readonly now: number
}

const takeRuns = prepared((db, { ids, executor, now }: Taking) =>
  db
    .updateTable('run')
    .set((run) => ({ status: 'running', executor, started_at: now, attempt: run('attempt', '+', 1) }))
    .where('id', 'in', ids)
    .where('status', '=', sql.lit('queued'))
    .returningAll(),
)

/** In the order in which they are given. */
async function take(
  db: Transaction<ControlSchema>,
  runs: readonly Pick<RunRow, 'id'>[],
  { executor, now }: Pick<Claim, 'executor' | 'now'>,
): Promise<readonly RunRow[]> {
  const ids = runs.map(({ id }) => id)
  const rows = await takeRuns(db, { ids, executor, now })
  return rows.toSorted((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
}

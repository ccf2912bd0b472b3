import { type Kysely, sql, type Transaction } from 'kysely'
import type { QueueName } from '../core/queues.ts'
import type { QueueRoom } from './control.ts'
import type { ControlSchema, RunRow } from './schema.ts'

/** How many more runs may be started, by queue and by resource. What is not named has no limit, but that there are no queues beside those named when any is. */
export interface Room {
  readonly queues: Map<string, number> | undefined
  readonly resources: Map<string, number>
}

export type Candidate = Pick<RunRow, 'id' | 'job' | 'batch' | 'shard' | 'queue' | 'resource'> & {
  /** It was handed over to be started, and counts among those that work on its resource. */
  readonly counted: boolean
}

/** Those of the runs, in their order, that may be started together: no two of a job, batch and shard, and as many as there is room for, which is gone then. */
export function takeRoom<Run extends Candidate>(
  runs: readonly Run[],
  { queues, resources }: Room,
): readonly Run[] {
  const taken = new Set<string>()
  return runs.filter((run) => {
    const key = JSON.stringify([run.job, run.batch, run.shard])
    const inQueue = queues === undefined ? Number.POSITIVE_INFINITY : (queues.get(run.queue) ?? 0)
    const onResource = run.counted ? undefined : resources.get(run.resource)
    if (taken.has(key) || inQueue <= 0 || (onResource !== undefined && onResource <= 0)) return false
    taken.add(key)
    queues?.set(run.queue, inQueue - 1)
    if (onResource !== undefined) resources.set(run.resource, onResource - 1)
    return true
  })
}

/** Names of what has room, or of what has none. */
export const withRoom = (room: ReadonlyMap<string, number>): readonly string[] =>
  [...room].filter(([, left]) => left > 0).map(([name]) => name)
export const withoutRoom = (room: ReadonlyMap<string, number>): readonly string[] =>
  [...room].filter(([, left]) => left <= 0).map(([name]) => name)

/** The room of queues that the limits of this process, and those over all processes, leave. */
export async function queueRoom(
  db: Kysely<ControlSchema>,
  queues: readonly QueueRoom[],
  now: number,
): Promise<Map<string, number>> {
  const shared = queues.filter(({ globalConcurrency }) => globalConcurrency !== undefined)
  const running = shared.length === 0 ? new Map<string, number>() : await runningByQueue(db)
  const left = new Map<string, number>()
  for (const { queue, room, globalConcurrency = Number.POSITIVE_INFINITY, rate } of queues) {
    const started = rate === undefined ? 0 : await startsWithin(db, { queue, now, ...rate })
    const startable = rate === undefined ? Number.POSITIVE_INFINITY : rate.limit - started
    left.set(queue, Math.min(room, globalConcurrency - (running.get(queue) ?? 0), startable))
  }
  return left
}

async function runningByQueue(db: Kysely<ControlSchema>): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('run')
    .select((run) => ['queue', run.fn.countAll().as('count')])
    .where('status', '=', sql.lit('running'))
    .groupBy('queue')
    .execute()
  return new Map(rows.map((row) => [row.queue, Number(row.count)]))
}

interface Period {
  readonly queue: QueueName
  readonly now: number
  readonly limit: number
  readonly periodMs: number
}

/** Starts of a queue within the period before now; a run that was started twice counts twice. */
async function startsWithin(
  db: Kysely<ControlSchema>,
  { queue, now, limit, periodMs }: Period,
): Promise<number> {
  const starts = await db
    .selectFrom('start')
    .select('run_id')
    .where('queue', '=', queue)
    .where('at', '>', now - periodMs)
    // After the clock was set back, starts of the future do not count for ever.
    .where('at', '<', now + periodMs)
    .limit(limit)
    .execute()
  return starts.length
}

/** Records that runs were started now, when their queue may start so many in a time; what is older than that is forgotten. */
export async function recordStarts(
  db: Transaction<ControlSchema>,
  started: readonly RunRow[],
  { queues, now }: { readonly queues: readonly QueueRoom[]; readonly now: number },
): Promise<void> {
  for (const { queue, rate } of queues) {
    const starts = started.filter((run) => run.queue === queue)
    if (rate === undefined || starts.length === 0) continue
    await db
      .deleteFrom('start')
      .where('queue', '=', queue)
      .where('at', '<=', now - rate.periodMs)
      .execute()
    await db
      .insertInto('start')
      .values(starts.map(({ id, attempt }) => ({ run_id: id, attempt, queue, at: now })))
      .execute()
  }
}

/** The room on resources: runs that are running, or handed over to be started, take it. */
export async function resourceRoom(
  db: Kysely<ControlSchema>,
  limits: ReadonlyMap<string, number>,
): Promise<Map<string, number>> {
  if (limits.size === 0) return new Map()
  const rows = await db
    .selectFrom('run')
    .select((run) => ['resource', run.fn.countAll().as('count')])
    .where((run) =>
      run.or([
        run('status', '=', sql.lit('running')),
        run.and([run('status', '=', sql.lit('queued')), run('dispatched', '>', run.ref('attempt'))]),
      ]),
    )
    .where('resource', 'in', [...limits.keys()])
    .groupBy('resource')
    .execute()
  const used = new Map(rows.map((row) => [row.resource, Number(row.count)]))
  return new Map([...limits].map(([resource, limit]) => [resource, limit - (used.get(resource) ?? 0)]))
}

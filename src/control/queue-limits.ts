import { type Kysely, sql, type Transaction } from 'kysely'
import type { QueueName } from '../core/queues.ts'
import type { QueueRoom } from './control.ts'
import type { ControlSchema, RunRow } from './schema.ts'

/** Those of the queues whose limits over all processes allow another run. */
export async function withRoom(
  db: Kysely<ControlSchema>,
  queues: readonly QueueRoom[],
  now: number,
): Promise<readonly QueueName[]> {
  const shared = queues.filter(({ globalConcurrency }) => globalConcurrency !== undefined)
  const running = shared.length === 0 ? new Map<string, number>() : await runningByQueue(db)
  const free: QueueName[] = []
  for (const { queue, globalConcurrency = Number.POSITIVE_INFINITY, rate } of queues) {
    if ((running.get(queue) ?? 0) >= globalConcurrency) continue
    if (rate !== undefined && (await startsWithin(db, { queue, now, ...rate })) >= rate.limit) continue
    free.push(queue)
  }
  return free
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

/** Records that a run was started, when its queue may start so many in a time; what is older than that is forgotten. */
export async function recordStart(
  db: Transaction<ControlSchema>,
  { id, attempt, queue, started_at }: RunRow,
  queues: readonly QueueRoom[],
): Promise<void> {
  const rate = queues.find((each) => each.queue === queue)?.rate
  if (rate === undefined || started_at === null) return
  await db
    .deleteFrom('start')
    .where('queue', '=', queue)
    .where('at', '<=', started_at - rate.periodMs)
    .execute()
  await db.insertInto('start').values({ run_id: id, attempt, queue, at: started_at }).execute()
}

/** Resources on which as many runs are running, or handed over to be started, as their limits allow. */
export async function fullResources(
  db: Kysely<ControlSchema>,
  limits: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  if (limits.size === 0) return []
  const used = await usedResources(db, [...limits.keys()])
  return [...limits].filter(([resource, limit]) => (used.get(resource) ?? 0) >= limit).map(([name]) => name)
}

async function usedResources(
  db: Kysely<ControlSchema>,
  names: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('run')
    .select((run) => ['resource', run.fn.countAll().as('count')])
    .where((run) =>
      run.or([
        run('status', '=', sql.lit('running')),
        run.and([run('status', '=', sql.lit('queued')), run('dispatched', '>', run.ref('attempt'))]),
      ]),
    )
    .where('resource', 'in', names)
    .groupBy('resource')
    .execute()
  return new Map(rows.map((row) => [row.resource, Number(row.count)]))
}

/** Those of the runs that may be handed over together: none of a job, batch and shard of which another is on its way, and within the limits of resources. */
export async function withoutClashes(
  db: Kysely<ControlSchema>,
  rows: readonly RunRow[],
  limits: ReadonlyMap<string, number>,
): Promise<readonly RunRow[]> {
  const keyOf = (row: Pick<RunRow, 'job' | 'batch' | 'shard'>) =>
    JSON.stringify([row.job, row.batch, row.shard])
  const onTheirWay = await db
    .selectFrom('run')
    .select(['job', 'batch', 'shard'])
    .where('status', '=', sql.lit('queued'))
    .whereRef('dispatched', '>', 'attempt')
    .execute()
  const taken = new Set(onTheirWay.map(keyOf))
  const used = limits.size === 0 ? new Map<string, number>() : await usedResources(db, [...limits.keys()])
  return rows.filter((row) => {
    const key = keyOf(row)
    const count = used.get(row.resource) ?? 0
    if (taken.has(key) || count >= (limits.get(row.resource) ?? Number.POSITIVE_INFINITY)) return false
    taken.add(key)
    used.set(row.resource, count + 1)
    return true
  })
}

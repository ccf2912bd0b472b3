import type { Kysely } from 'kysely'
import type { QueueName } from '../core/queues.ts'
import type { QueueRoom } from './control.ts'
import type { ControlSchema, RunRow } from './schema.ts'

/** Those of the queues whose limits over all processes allow another run. */
export async function withRoom(
  db: Kysely<ControlSchema>,
  queues: readonly QueueRoom[],
  now: number,
): Promise<readonly QueueName[]> {
  const free: QueueName[] = []
  for (const { queue, globalConcurrency, rate } of queues) {
    if (globalConcurrency !== undefined && (await running(db, queue)) >= globalConcurrency) continue
    if (rate !== undefined && (await startedSince(db, queue, now - rate.periodMs)) >= rate.limit) continue
    free.push(queue)
  }
  return free
}

async function running(db: Kysely<ControlSchema>, queue: QueueName): Promise<number> {
  const row = await db
    .selectFrom('run')
    .select((run) => run.fn.countAll().as('count'))
    .where('status', '=', 'running')
    .where('queue', '=', queue)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

async function startedSince(db: Kysely<ControlSchema>, queue: QueueName, since: number): Promise<number> {
  const row = await db
    .selectFrom('run')
    .select((run) => run.fn.countAll().as('count'))
    .where('queue', '=', queue)
    .where('started_at', '>', since)
    .executeTakeFirstOrThrow()
  return Number(row.count)
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
        run('status', '=', 'running'),
        run.and([run('status', '=', 'queued'), run('dispatched', '>', run.ref('attempt'))]),
      ]),
    )
    .where('resource', 'in', names)
    .groupBy('resource')
    .execute()
  return new Map(rows.map((row) => [row.resource as string, Number(row.count)]))
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
    .where('status', '=', 'queued')
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

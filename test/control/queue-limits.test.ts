import { describe, expect, it } from 'vitest'
import type { QueueRoom, RunStore } from '../../src/control/control.ts'
import type { RunRequest } from '../../src/runs/run.ts'
import { claimOne } from './claim-one.ts'
import { ENGINES } from './temporary-control.ts'

const JOBS = ['ingest', 'train', 'score']
const of = (batch: string, more: Partial<RunRequest> = {}): RunRequest => ({
  job: 'ingest',
  batch,
  trigger: 'manual',
  ...more,
})
const room = (more: Partial<QueueRoom> = {}): QueueRoom => ({ queue: 'ingest', room: 9, ...more })
const ingests = (places: number) => new Map([['ingest', places] as const])

describe.each(ENGINES)('the queue on $engine', ({ controls: create }) => {
  const controls = create()

  async function queued(runs: RunStore, requests: readonly RunRequest[], resource = ''): Promise<string[]> {
    const ids: string[] = []
    for (const request of requests) ids.push((await runs.enqueue(request, { now: 1, resource })).run.id)
    return ids
  }

  it('starts nothing of a queue without room here, and the next of the others', async () => {
    const { runs } = await controls.open()
    const [first, train] = await queued(runs, [of('a'), of('a', { job: 'train' }), of('b')])
    const claim = (queues: readonly QueueRoom[]) =>
      claimOne(runs, { jobs: JOBS, executor: 'e', now: 2, queues })
    expect(await claim([])).toBeUndefined()
    expect(await claim([room({ room: 0 }), room({ queue: 'score' })])).toBeUndefined()
    expect((await claim([room({ room: 0 }), room({ queue: 'train' })]))?.id).toBe(train)
    expect((await claim([room({ room: 1 })]))?.id).toBe(first)
  })

  it('starts no more of a queue than may run in all processes', async () => {
    const { runs } = await controls.open()
    const [first] = await queued(runs, [of('a'), of('b'), of('c'), of('d', { job: 'train' })])
    const claim = (executor: string) =>
      claimOne(runs, { jobs: JOBS, executor, now: 2, queues: [room({ globalConcurrency: 2 })] })
    expect(await claim('x')).toBeDefined()
    expect(await claim('y')).toBeDefined()
    expect(await claim('x')).toBeUndefined()
    await runs.finish(first!, { attempt: 1, executor: 'x', status: 'succeeded', now: 3 })
    expect(await claim('y')).toBeDefined()
    expect(await claim('y')).toBeUndefined()
  })

  it('starts no more of a queue in a time than may be started, counting those that were put back', async () => {
    const { runs } = await controls.open()
    await queued(runs, [of('a'), of('b'), of('c'), of('d')])
    const claim = (now: number) =>
      claimOne(runs, {
        jobs: JOBS,
        executor: 'e',
        now,
        queues: [room({ rate: { limit: 2, periodMs: 1_000 } })],
      })
    const first = await claim(5_000)
    await runs.requeue(first!.id, { attempt: 1, executor: 'e', now: 5_100 })
    expect((await claim(5_200))?.id).toBe(first!.id)
    expect(await claim(5_300)).toBeUndefined()
    expect(await claim(5_999)).toBeUndefined()
    expect(await claim(6_000)).toBeDefined()
    expect(await claim(6_100)).toBeUndefined()
    // The clock was set back by an hour.
    expect(await claim(6_100 - 3_600_000)).toBeDefined()
  })

  it('lets only so many runs work on a resource, whatever their queues', async () => {
    const { runs } = await controls.open()
    const [first, second, third] = [
      ...(await queued(runs, [of('a'), of('b', { job: 'train' })], 'warehouse')),
      ...(await queued(runs, [of('c')], 'lake')),
    ]
    const claim = () =>
      claimOne(runs, { jobs: JOBS, executor: 'e', now: 2, resources: new Map([['warehouse', 1]]) })
    expect((await claim())?.id).toBe(first)
    expect((await claim())?.id).toBe(third)
    expect(await claim()).toBeUndefined()
    await runs.finish(first!, { attempt: 1, executor: 'e', status: 'succeeded', now: 3 })
    expect((await claim())?.id).toBe(second)
  })

  it('starts the lowest priority number first, then the oldest', async () => {
    const { runs } = await controls.open()
    const ids = await queued(runs, [
      of('a'),
      of('b', { priority: 5 }),
      of('c', { priority: -1 }),
      of('d', { priority: -1 }),
    ])
    const order: (string | undefined)[] = []
    for (let count = 0; count < 4; count++)
      order.push((await claimOne(runs, { jobs: JOBS, executor: 'e', now: 2 }))?.id)
    expect(order).toEqual([ids[2], ids[3], ids[0], ids[1]])
    expect((await runs.get(ids[1]!))?.priority).toBe(5)
  })

  it('lets parts of a run work side by side, each part once', async () => {
    const { runs } = await controls.open()
    const { run: parent } = await runs.enqueue(of('a'), { now: 1 })
    const part = (shard: string) => of('a', { shard, parent: parent.id, trigger: 'fan-out' })
    const ids = await queued(runs, [part('1/2'), part('2/2'), part('2/2'), of('b')])
    const claim = async () => (await claimOne(runs, { jobs: JOBS, executor: 'e', now: 2 }))?.id
    expect([await claim(), await claim(), await claim(), await claim(), await claim()]).toEqual([
      parent.id,
      ids[0],
      ids[1],
      ids[3],
      undefined,
    ])
    const children = await runs.list({ parent: parent.id, limit: 10 })
    expect(children.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]])
    expect(await runs.list({ parent: parent.id, limit: 1 })).toMatchObject([{ shard: '2/2' }])
    expect(await runs.list({ parent: 'nobody', limit: 10 })).toEqual([])
  })

  it('queues a failed run once more, for later, while it is held', async () => {
    const { runs } = await controls.open()
    const [id] = await queued(runs, [of('a')])
    const error = { code: 'CONNECTION_FAILED', message: 'away' } as const
    const claim = (now: number) => claimOne(runs, { jobs: JOBS, executor: 'e', now })
    const later = (executor: string, now: number, attempt = 1) =>
      runs.retryLater(id!, { attempt, executor, now, notBefore: now + 99.5, error })
    expect(await later('e', 1)).toBe(false)
    await claim(2)
    await runs.saveStep({
      runId: id!,
      index: 0,
      name: 'query',
      attempt: 1,
      status: 'running',
      startedAt: 2,
    })
    expect(await later('other', 3)).toBe(false)
    expect(await later('e', 3)).toBe(true)
    expect(await runs.get(id!)).toMatchObject({
      status: 'queued',
      failures: 1,
      attempt: 1,
      notBefore: 103,
      error,
    })
    expect(await runs.steps(id!)).toMatchObject([{ status: 'failed', endedAt: 3 }])
    expect(await claim(102)).toBeUndefined()
    expect(await claim(103)).toMatchObject({ id, attempt: 2, failures: 1 })
    await runs.cancel(id!, 104)
    expect(await later('e', 105)).toBe(false)
    expect(await later('e', 105, 2)).toBe(true)
    expect(await runs.get(id!)).toMatchObject({
      status: 'canceled',
      failures: 2,
      error: { code: 'CANCELED' },
    })
  })

  it('tells whether a run is still held', async () => {
    const { runs } = await controls.open()
    const [id] = await queued(runs, [of('a')])
    expect(await runs.isHeld(id!, 'e')).toBe(false)
    await claimOne(runs, { jobs: JOBS, executor: 'e', now: 2 })
    expect([await runs.isHeld(id!, 'e'), await runs.isHeld(id!, 'other')]).toEqual([true, false])
    await runs.recover({ now: 3, maxAttempts: 9, isDead: () => true })
    expect(await runs.isHeld(id!, 'e')).toBe(false)
  })

  it('hands each run over once, and those that must not overlap one at a time', async () => {
    const { runs } = await controls.open()
    const [first, second, other, delayed] = [
      ...(await queued(runs, [of('a'), of('a'), of('b', { priority: -1 })])),
      (await runs.enqueue(of('c'), { now: 1, notBefore: 100 })).run.id,
    ]
    const dispatch = async (now: number, places = 9) =>
      (await runs.dispatch({ jobs: JOBS, now, places: ingests(places) })).map(({ run, handover }) => [
        run.id,
        handover,
      ])
    expect(await dispatch(2, 1)).toEqual([[other, 1]])
    expect(await dispatch(2)).toEqual([[first, 1]])
    expect(await dispatch(2)).toEqual([])
    expect((await runs.dispatched(9)).map(({ run }) => run.id)).toEqual([first, other])
    expect(await dispatch(100)).toEqual([[delayed, 1]])
    expect(await runs.dispatch({ jobs: [], now: 100, places: ingests(9) })).toEqual([])

    expect(await runs.handAgain(first)).toMatchObject({ run: { id: first }, handover: 2 })
    expect(await dispatch(101)).toEqual([])
    await runs.takeBack(first)
    expect(await runs.handAgain(first)).toBeUndefined()
    expect(await dispatch(101)).toEqual([[first, 3]])
    await runs.claimById(first, { executor: 'e', now: 102 })
    await runs.takeBack(first)
    expect(await runs.handAgain(first)).toBeUndefined()
    expect(await dispatch(103)).toEqual([])
    await runs.finish(first, { attempt: 1, executor: 'e', status: 'succeeded', now: 104 })
    expect(await dispatch(105)).toEqual([[second, 1]])
    await runs.claimById(second!, { executor: 'e', now: 106 })
    await runs.requeue(second!, { attempt: 1, executor: 'e', now: 107 })
    expect(await dispatch(108)).toEqual([[second, 2]])
  })

  it('hands over no more of a queue than there are places, with those on their way', async () => {
    const { runs } = await controls.open()
    // Those that must not overlap do not keep the others from their places.
    const same = await queued(
      runs,
      Array.from({ length: 5 }, () => of('a')),
    )
    const others = await queued(runs, [of('b'), of('c'), of('d'), of('e', { job: 'train' })])
    const dispatch = async (places: readonly (readonly ['ingest' | 'train', number])[]) =>
      (await runs.dispatch({ jobs: JOBS, now: 2, places: new Map(places) })).map(({ run }) => run.id)
    expect(await dispatch([['ingest', 0]])).toEqual([])
    expect(await dispatch([['ingest', 2]])).toEqual([same[0], others[0]])
    expect(await dispatch([['ingest', 2]])).toEqual([])
    expect(
      await dispatch([
        ['ingest', 3],
        ['train', 1],
      ]),
    ).toEqual([others[1], others[3]])
    await runs.claimById(others[0]!, { executor: 'e', now: 3 })
    expect(await dispatch([['ingest', 3]])).toEqual([others[2]])
  })

  it('lets what was handed over start although its resource is full, for it is counted already', async () => {
    const { runs } = await controls.open()
    const ids = await queued(runs, [of('a'), of('b')], 'warehouse')
    const resources = new Map([['warehouse', 1]])
    await runs.dispatch({ jobs: JOBS, now: 2, places: ingests(9), resources })
    const claimed = await runs.claim({ jobs: JOBS, executor: 'e', now: 3, limit: 9, resources })
    expect(claimed.map(({ id }) => id)).toEqual([ids[0]])
  })

  it('counts runs that were handed over among those that work on a resource', async () => {
    const { runs } = await controls.open()
    const ids = await queued(runs, [of('a'), of('b'), of('c')], 'warehouse')
    const resources = new Map([['warehouse', 2]])
    const dispatch = () => runs.dispatch({ jobs: JOBS, now: 2, places: ingests(9), resources })
    expect((await dispatch()).map(({ run }) => run.id)).toEqual(ids.slice(0, 2))
    expect(await dispatch()).toEqual([])
    await runs.claimById(ids[0]!, { executor: 'e', now: 3 })
    expect(await dispatch()).toEqual([])
    await runs.finish(ids[0]!, { attempt: 1, executor: 'e', status: 'failed', now: 4 })
    expect((await dispatch()).map(({ run }) => run.id)).toEqual(ids.slice(2))
  })

  it('keeps who works on record, the newest first', async () => {
    const { runs } = await controls.open()
    await runs.heartbeat({ id: 'a', host: 'Zürich', pid: 4_194_304 }, 1_764_000_000_123)
    await runs.heartbeat({ id: 'b', host: 'h', pid: 2 }, 5)
    expect(await runs.executors()).toEqual([
      { id: 'b', host: 'h', pid: 2, seenAt: 5 },
      { id: 'a', host: 'Zürich', pid: 4_194_304, seenAt: 1_764_000_000_123 },
    ])
    await runs.retire('b')
    await runs.retire('b')
    expect(await runs.executors()).toHaveLength(1)
  })

  it('does not take over a run that was ended by whom all took for dead', async () => {
    const address = await controls.address()
    const [{ runs }, zombie] = [await controls.open(address), await controls.open(address)]
    const ids = await queued(
      runs,
      Array.from({ length: 20 }, (_, index) => of(`b${index}`)),
    )
    for (const id of ids) await runs.claimById(id, { executor: 'e', now: 2 })
    const [recovered, ...ends] = await Promise.all([
      runs.recover({ now: 3, maxAttempts: 9, isDead: () => true }),
      ...ids.map((id) => zombie.runs.finish(id, { attempt: 1, executor: 'e', status: 'succeeded', now: 3 })),
    ])
    const taken = new Set(recovered.map(({ id }) => id))
    for (const [index, id] of ids.entries()) {
      expect(ends[index]).toBe(!taken.has(id))
      expect((await runs.get(id))?.status).toBe(ends[index] ? 'succeeded' : 'queued')
    }
  })
})

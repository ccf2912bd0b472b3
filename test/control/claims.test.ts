import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QueueRoom, RunStore } from '../../src/control/control.ts'
import { claimOne } from './claim-one.ts'
import { ENGINES } from './temporary-control.ts'

const JOBS = ['ingest', 'train', 'score']

interface Queued {
  readonly job: 'ingest' | 'train' | 'score'
  readonly batch: string
  readonly priority: number
  readonly shard: string
  readonly resource: string
}

const queued = fc.record<Queued>({
  job: fc.constantFrom('ingest', 'train', 'score'),
  batch: fc.constantFrom('a', 'b', 'c', 'd'),
  priority: fc.integer({ min: -1, max: 1 }),
  shard: fc.constantFrom('', '', '1/2'),
  resource: fc.constantFrom('', 'lake', 'warehouse'),
})
const rooms = fc
  .record({
    ingest: fc.record({
      room: fc.integer({ min: 0, max: 5 }),
      globalConcurrency: fc.integer({ min: 1, max: 4 }),
    }),
    train: fc.record({
      room: fc.integer({ min: 0, max: 3 }),
      rate: fc.record({ limit: fc.integer({ min: 1, max: 3 }), periodMs: fc.constant(1_000) }),
    }),
    score: fc.record({ room: fc.integer({ min: 0, max: 3 }) }),
  })
  .map((queues) => Object.entries(queues).map(([queue, room]) => ({ queue, ...room }) as QueueRoom))
const resources = fc
  .record({ lake: fc.integer({ min: 1, max: 3 }), warehouse: fc.integer({ min: 1, max: 3 }) })
  .map((limits) => new Map(Object.entries(limits)))

describe.each(ENGINES)('claims on $engine', ({ controls: create }) => {
  const controls = create()

  /** Says which of the requests a run is by its place among them. */
  async function enqueueAll(runs: RunStore, all: readonly Queued[]): Promise<ReadonlyMap<string, number>> {
    const places = new Map<string, number>()
    for (const [place, { resource, ...request }] of all.entries()) {
      const { run } = await runs.enqueue(
        { ...request, trigger: 'manual' },
        {
          now: 1,
          resource,
        },
      )
      places.set(run.id, place)
    }
    return places
  }

  it('of several runs at once takes those that one at a time takes, whatever the limits are', async () => {
    const [together, alone] = [await controls.open(), await controls.open()]
    await fc.assert(
      fc.asyncProperty(
        fc.array(queued, { minLength: 1, maxLength: 15 }),
        rooms,
        resources,
        fc.integer({ min: 1, max: 8 }),
        async (all, queues, limits, limit) => {
          const options = { jobs: JOBS, executor: 'e', now: 5_000, resources: limits }
          const places = await enqueueAll(together.runs, all)
          const claimed = await together.runs.claim({ ...options, queues, limit })
          expect(claimed.every(({ status, attempt }) => status === 'running' && attempt === 1)).toBe(true)

          const others = await enqueueAll(alone.runs, all)
          const left = new Map(queues.map((one) => [one.queue, one.room]))
          const one: number[] = []
          while (one.length < limit) {
            const open = queues.map((queue) => ({ ...queue, room: left.get(queue.queue)! }))
            const run = await claimOne(alone.runs, { ...options, queues: open })
            if (run === undefined) break
            left.set(run.queue, left.get(run.queue)! - 1)
            one.push(others.get(run.id)!)
          }
          expect(claimed.map(({ id }) => places.get(id))).toEqual(one)
          for (const { runs } of [together, alone]) {
            for (const { id } of await runs.list({ status: 'running', limit: 99 }))
              await runs.finish(id, { attempt: 1, executor: 'e', status: 'succeeded', now: 5_001 })
            for (const { id } of await runs.list({ status: 'queued', limit: 99 }))
              await runs.cancel(id, 5_001)
            // What was started counts for a second, of which the next case knows nothing.
            const later = {
              ...options,
              now: 9_000,
              limit: 1,
              queues: [{ queue: 'train', room: 1, rate: { limit: 9, periodMs: 1 } }],
            } as const
            const { run } = await runs.enqueue({ job: 'train', batch: 'x', trigger: 'manual' }, { now: 1 })
            await runs.claim(later)
            await runs.finish(run.id, { attempt: 1, executor: 'e', status: 'succeeded', now: 9_001 })
          }
        },
      ),
      { numRuns: 40 },
    )
  }, 240_000)

  it('takes as many as are asked for, and all of a long queue in few goes', async () => {
    const { runs } = await controls.open()
    const all = await Promise.all(
      Array.from({ length: 150 }, (_, index) =>
        runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: 1 }),
      ),
    )
    const claim = (limit: number) => runs.claim({ jobs: JOBS, executor: 'e', now: 2, limit })
    expect(await claim(0)).toEqual([])
    const first = await claim(140)
    expect(first.map(({ id }) => id)).toEqual(all.slice(0, 140).map(({ run }) => run.id))
    expect(await claim(140)).toHaveLength(10)
    expect(await claim(140)).toEqual([])
  })

  it('is not held up by runs that wait for one before them', async () => {
    const { runs } = await controls.open()
    const same = { job: 'ingest', batch: 'same', trigger: 'manual' } as const
    for (let index = 0; index < 10; index++) await runs.enqueue(same, { now: 1 })
    await runs.enqueue({ ...same, batch: 'other' }, { now: 2 })
    const claimed = await runs.claim({ jobs: JOBS, executor: 'e', now: 3, limit: 3 })
    expect(claimed.map(({ batch }) => batch)).toEqual(['same', 'other'])
  })

  it('by several processes at once takes each run once', async () => {
    const address = await controls.address()
    const both = [await controls.open(address), await controls.open(address)]
    for (let index = 0; index < 60; index++)
      await both[0]!.runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: 1 })
    const claimed = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        both[index % 2]!.runs.claim({ jobs: JOBS, executor: `e${index}`, now: 2, limit: 7 }),
      ),
    )
    const ids = claimed.flat().map(({ id }) => id)
    expect(ids).toHaveLength(60)
    expect(new Set(ids).size).toBe(60)
  })
})

describe.each(ENGINES)('what is asked for together on $engine', ({ controls: create }) => {
  const controls = create()

  it('is queued once for each idempotency key, and everybody gets that run', async () => {
    const address = await controls.address()
    const both = [await controls.open(address), await controls.open(address)]
    const queued = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        both[index % 2]!.runs.enqueue(
          { job: 'ingest', batch: 'a', trigger: 'api' },
          { now: 1, idempotencyKey: `k${index % 10}` },
        ),
      ),
    )
    expect(queued.filter(({ created }) => created)).toHaveLength(10)
    for (const [index, { run }] of queued.entries()) expect(run.id).toBe(queued[index % 10]!.run.id)
    expect(await both[0]!.runs.list({ limit: 99 })).toHaveLength(10)
  })

  it('ends each run as its executor says, closes what its steps left open, and refuses what others hold', async () => {
    const { runs } = await controls.open()
    const ids: string[] = []
    for (let index = 0; index < 70; index++) {
      const batch = `b${index}`
      ids.push((await runs.enqueue({ job: 'ingest', batch, trigger: 'manual' }, { now: 1 })).run.id)
    }
    await runs.claim({ jobs: JOBS, executor: 'e', now: 2, limit: 69 })
    const step = { index: 0, name: 'query', attempt: 1, status: 'running', startedAt: 2 } as const
    await Promise.all(ids.map((runId) => runs.saveStep({ ...step, runId })))
    const error = { code: 'JOB_FAILED', message: `it's "odd"` } as const
    const finish = (id: string, index: number) =>
      runs.finish(id, {
        attempt: 1,
        executor: index === 7 ? 'other' : 'e',
        now: 100 + index,
        ...(index % 2 === 0 ? { status: 'succeeded' } : { status: 'failed', error }),
      })
    const ended = await Promise.all(ids.map(finish))
    expect(ended.flatMap((one, index) => (one ? [] : [index]))).toEqual([7, 69])
    for (const [index, id] of ids.entries()) {
      const isEnded = ended[index] === true
      expect(await runs.steps(id)).toMatchObject([
        isEnded ? { status: 'failed', endedAt: 100 + index } : { status: 'running' },
      ])
      const run = await runs.get(id)
      if (!isEnded) expect(run?.endedAt).toBeUndefined()
      else if (index % 2 === 0) expect(run).toMatchObject({ status: 'succeeded', endedAt: 100 + index })
      else expect(run).toMatchObject({ status: 'failed', endedAt: 100 + index, error })
    }
    // Who did not hear the answer asks again.
    expect(await finish(ids[0]!, 0)).toBe(true)
    expect(await finish(ids[0]!, 1)).toBe(false)
  })

  it('tells of many runs which have ended, and which there are', async () => {
    const { runs } = await controls.open()
    const ids: string[] = []
    for (let index = 0; index < 70; index++)
      ids.push(
        (await runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: 1 })).run.id,
      )
    await runs.cancel(ids[3]!, 5)
    const ends = await runs.ends([...ids, 'nobody'])
    expect([...ends.keys()].toSorted()).toEqual(ids)
    expect([...ends].flatMap(([, run]) => run ?? [])).toEqual([await runs.get(ids[3]!)])
    expect(await runs.ends([])).toEqual(new Map())
  })

  it('keeps a step with what was logged meanwhile, all or nothing', async () => {
    const { runs } = await controls.open()
    const step = {
      index: 0,
      name: 'query',
      attempt: 1,
      status: 'succeeded',
      startedAt: 2,
      endedAt: 3,
    } as const
    const log = { at: 2, level: 'info', message: 'm', fields: { a: 1 } } as const
    await Promise.all(
      ['r1', 'r2', 'r3'].map((runId) => runs.saveStep({ ...step, runId }, [{ ...log, runId }])),
    )
    for (const runId of ['r1', 'r2', 'r3']) {
      expect(await runs.steps(runId)).toEqual([{ ...step, runId }])
      expect(await runs.logs(runId, { limit: 9 })).toEqual([{ ...log, runId }])
    }
  })
})

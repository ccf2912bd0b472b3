import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunRequest, Step } from '../../src/runs/run.ts'
import { claimOne } from './claim-one.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const ingest = (batch: string): RunRequest => ({ job: 'ingest', batch, trigger: 'manual' })
const JOBS = ['ingest', 'train']

describe.each(ENGINES)('on $engine', ({ controls: create }) => {
  const controls = create()

  describe('the queue', () => {
    it('keeps a request whole, whatever its names are', async () => {
      const { runs } = await controls.open()
      for (const name of HOSTILE_NAMES) {
        const request: RunRequest = {
          job: 'train',
          batch: name,
          trigger: 'api',
          params: Object.fromEntries([[name, { nested: [name, 1.5, null, true] }]]),
          scheduledFor: 123,
        }
        const { run } = await runs.enqueue(request, { now: 1_000, idempotencyKey: name })
        expect(run).toEqual({
          ...request,
          id: run.id,
          queue: 'train',
          status: 'queued',
          attempt: 0,
          queuedAt: 1_000,
        })
        expect(await runs.get(run.id)).toEqual(run)
        expect(await runs.list({ batch: name, limit: 5 })).toEqual([run])
        expect(await runs.lastScheduled({ job: 'train', batch: name })).toBe(123)
      }
      expect(await runs.get('nothing')).toBeUndefined()
    })

    it('adds nothing for an idempotency key that was used', async () => {
      const { runs } = await controls.open()
      const first = await runs.enqueue(ingest('a'), { now: 1, idempotencyKey: 'k' })
      const second = await runs.enqueue(ingest('b'), { now: 2, idempotencyKey: 'k' })
      expect([first.created, second.created]).toEqual([true, false])
      expect(second.run).toEqual(first.run)
      expect((await runs.enqueue(ingest('a'), { now: 3 })).created).toBe(true)
      expect((await runs.enqueue(ingest('a'), { now: 3 })).created).toBe(true)
    })

    it('gives out the oldest run that is due, of the jobs asked for, and never two of one job and batch', async () => {
      const { runs } = await controls.open()
      const first = await runs.enqueue(ingest('a'), { now: 1_000 })
      const second = await runs.enqueue(ingest('a'), { now: 1_001 })
      const later = await runs.enqueue(ingest('b'), { now: 1_002, notBefore: 5_000 })
      const other = await runs.enqueue({ job: 'train', batch: 'a', trigger: 'manual' }, { now: 1_003 })
      await runs.enqueue({ job: 'delete', batch: 'a', trigger: 'manual' }, { now: 1_004 })
      const claim = (now: number) => claimOne(runs, { jobs: JOBS, executor: 'e', now })
      expect(await claim(2_000)).toEqual({
        ...first.run,
        status: 'running',
        attempt: 1,
        startedAt: 2_000,
        executor: 'e',
      })
      expect((await claim(2_000))?.id).toBe(other.run.id)
      expect(await claim(4_999)).toBeUndefined()
      expect(await runs.claimById(second.run.id, { executor: 'e', now: 2_000 })).toBeUndefined()
      expect((await claim(5_000))?.id).toBe(later.run.id)
      await runs.finish(first.run.id, { attempt: 1, executor: 'e', status: 'succeeded', now: 6_000 })
      expect((await claim(6_000))?.id).toBe(second.run.id)
      expect(await claimOne(runs, { jobs: [], executor: 'e', now: 9_000 })).toBeUndefined()
    })

    it('starts a run that is due at once even after the clock was set back', async () => {
      const { runs } = await controls.open()
      const { run } = await runs.enqueue(ingest('a'), { now: 1_000_000 })
      expect((await claimOne(runs, { jobs: JOBS, executor: 'e', now: 10 }))?.id).toBe(run.id)
    })

    it('lets runs that are not of a batch follow the same rule', async () => {
      const { runs } = await controls.open()
      await runs.enqueue({ job: 'train', trigger: 'manual' }, { now: 1 })
      await runs.enqueue({ job: 'train', trigger: 'manual' }, { now: 2 })
      expect(await claimOne(runs, { jobs: JOBS, executor: 'e', now: 3 })).not.toHaveProperty('batch')
      expect(await claimOne(runs, { jobs: JOBS, executor: 'e', now: 3 })).toBeUndefined()
    })

    it('never gives a run twice to two connections of one process', async () => {
      const address = await controls.address()
      const both = [await controls.open(address), await controls.open(address)]
      for (let index = 0; index < 40; index++)
        await both[0]!.runs.enqueue(ingest(`b${index}`), { now: index })
      const claims = Array.from({ length: 60 }, (_, index) =>
        claimOne(both[index % 2]!.runs, { jobs: JOBS, executor: `e${index % 2}`, now: 100 }),
      )
      const ids = (await Promise.all(claims)).flatMap((run) => (run === undefined ? [] : [run.id]))
      expect(ids).toHaveLength(40)
      expect(new Set(ids).size).toBe(40)
    })

    it('keeps its rules through any sequence of calls', async () => {
      const call = fc.record({
        kind: fc.constantFrom('enqueue', 'claim', 'finish', 'requeue', 'cancel', 'recover'),
        batch: fc.constantFrom('a', 'b'),
        executor: fc.constantFrom('x', 'y'),
        pick: fc.nat(20),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
          const control = await controls.open()
          const { runs } = control
          const ids: string[] = []
          const ended = new Set<string>()
          let now = 1_000
          for (const { kind, batch, executor, pick } of calls) {
            now++
            const id = ids[pick % Math.max(1, ids.length)] ?? 'none'
            if (kind === 'enqueue') ids.push((await runs.enqueue(ingest(batch), { now })).run.id)
            if (kind === 'claim') await claimOne(runs, { jobs: JOBS, executor, now })
            if (kind === 'finish') {
              const done = await runs.finish(id, { attempt: 1, executor, status: 'succeeded', now })
              expect(done && ended.has(id)).toBe(false)
            }
            if (kind === 'requeue') await runs.requeue(id, { attempt: 1, executor, now })
            if (kind === 'cancel') expect((await runs.cancel(id, now)) && ended.has(id)).toBe(false)
            if (kind === 'recover') await runs.recover({ now, maxAttempts: 2, isDead: () => false })
            const all = await runs.list({ limit: 100 })
            const running = all.filter((run) => run.status === 'running').map((run) => run.batch)
            expect(new Set(running).size).toBe(running.length)
            for (const run of all) {
              expect(run.endedAt !== undefined).toBe(['succeeded', 'failed', 'canceled'].includes(run.status))
              if (ended.has(run.id)) expect(run.endedAt).toBeDefined()
              if (run.endedAt !== undefined) ended.add(run.id)
            }
          }
          await control.close()
        }),
        { numRuns: 25 },
      )
    })
  })

  describe('ending', () => {
    it('lets only who holds a run end it, once', async () => {
      const { runs } = await controls.open()
      const { run } = await runs.enqueue(ingest('a'), { now: 1 })
      await claimOne(runs, { jobs: JOBS, executor: 'mine', now: 2 })
      const error = { code: 'QUERY_FAILED', message: 'no such table', stack: 'at x' } as const
      const succeeded = { status: 'succeeded', now: 3 } as const
      expect(await runs.finish(run.id, { ...succeeded, attempt: 1, executor: 'other' })).toBe(false)
      expect(await runs.finish(run.id, { ...succeeded, attempt: 2, executor: 'mine' })).toBe(false)
      expect(
        await runs.finish(run.id, { attempt: 1, executor: 'mine', status: 'failed', now: 4, error }),
      ).toBe(true)
      expect(await runs.finish(run.id, { attempt: 1, executor: 'mine', status: 'succeeded', now: 5 })).toBe(
        false,
      )
      expect(await runs.get(run.id)).toMatchObject({ status: 'failed', endedAt: 4, error })
      expect(await runs.latest({ job: 'ingest', batch: 'a', status: 'failed' })).toMatchObject({ id: run.id })
      expect(await runs.latest({ job: 'ingest', batch: 'a', status: 'succeeded' })).toBeUndefined()
    })

    it('cancels a queued run at once and asks for a running one', async () => {
      const { runs } = await controls.open()
      const queued = await runs.enqueue(ingest('a'), { now: 1 })
      expect(await runs.cancel(queued.run.id, 2)).toBe(true)
      expect(await runs.get(queued.run.id)).toMatchObject({
        status: 'canceled',
        endedAt: 2,
        error: { code: 'CANCELED' },
      })
      expect(await runs.cancel(queued.run.id, 3)).toBe(false)
      expect(await runs.cancel('nothing', 3)).toBe(false)

      const running = await runs.enqueue(ingest('a'), { now: 4 })
      await claimOne(runs, { jobs: JOBS, executor: 'e', now: 5 })
      expect(await runs.cancelRequests('e')).toEqual([])
      expect(await runs.cancel(running.run.id, 6)).toBe(true)
      expect(await runs.cancelRequests('e')).toEqual([running.run.id])
      expect(await runs.cancelRequests('other')).toEqual([])
      expect(await runs.get(running.run.id)).toMatchObject({ status: 'running' })
    })

    it('puts an interrupted run back, with its open steps closed, unless it was to be canceled', async () => {
      const { runs } = await controls.open()
      const step: Step = { runId: '', index: 0, name: 'query', attempt: 1, status: 'running', startedAt: 3 }
      for (const canceled of [false, true]) {
        const { run } = await runs.enqueue(ingest(`b${canceled}`), { now: 1 })
        await runs.claimById(run.id, { executor: 'e', now: 2 })
        await runs.saveStep({ ...step, runId: run.id })
        if (canceled) await runs.cancel(run.id, 3)
        expect(await runs.requeue(run.id, { attempt: 1, executor: 'other', now: 4 })).toBe(false)
        expect(await runs.requeue(run.id, { attempt: 1, executor: 'e', now: 4 })).toBe(true)
        expect((await runs.get(run.id))?.status).toBe(canceled ? 'canceled' : 'queued')
        expect(await runs.steps(run.id)).toMatchObject([
          { status: 'failed', endedAt: 4, error: { code: 'CANCELED' } },
        ])
      }
    })
  })

  describe('recovery', () => {
    const isDead = ({ id }: { id: string }) => id === 'dead'

    it('takes runs from dead and unknown executors only', async () => {
      const { runs } = await controls.open()
      await runs.heartbeat({ id: 'dead', host: 'h', pid: 1 }, 10)
      await runs.heartbeat({ id: 'alive', host: 'h', pid: 2 }, 10)
      await runs.heartbeat({ id: 'alive', host: 'h', pid: 2 }, 20)
      const ids: Record<string, string> = {}
      for (const executor of ['dead', 'alive', 'unknown']) {
        const { run } = await runs.enqueue(ingest(executor), { now: 1 })
        ids[executor] = run.id
        await runs.claimById(run.id, { executor, now: 2 })
      }
      const seen: object[] = []
      const recovered = await runs.recover({
        now: 30,
        maxAttempts: 3,
        isDead: (info) => seen.push(info) > 0 && isDead(info),
      })
      expect(recovered.map(({ id }) => id)).toEqual([ids.dead, ids.unknown])
      expect(seen).toContainEqual({ id: 'alive', host: 'h', pid: 2, seenAt: 20 })
      expect((await runs.get(ids.dead!))?.status).toBe('queued')
      expect((await runs.get(ids.unknown!))?.status).toBe('queued')
      expect((await runs.get(ids.alive!))?.status).toBe('running')
      expect(
        await runs.finish(ids.dead!, { attempt: 1, executor: 'dead', status: 'succeeded', now: 40 }),
      ).toBe(false)
      expect(await runs.recover({ now: 30, maxAttempts: 3, isDead })).toEqual([])
      await runs.retire('alive')
      expect(await runs.recover({ now: 30, maxAttempts: 3, isDead })).toHaveLength(1)
    })

    it('fails a run that took its process down too often; orderly stops do not count', async () => {
      const { runs } = await controls.open()
      const { run } = await runs.enqueue(ingest('sales'), { now: 1 })
      const start = () => runs.claimById(run.id, { executor: 'dead', now: 2 })
      for (let attempt = 1; attempt <= 3; attempt++) {
        await start()
        await runs.requeue(run.id, { attempt, executor: 'dead', now: 3 })
      }
      for (let death = 0; death < 3; death++) {
        expect((await start())?.attempt).toBe(4 + death)
        await runs.heartbeat({ id: 'dead', host: 'h', pid: 1 }, 4)
        expect(await runs.recover({ now: 5, maxAttempts: 3, isDead })).toMatchObject([{ id: run.id }])
      }
      const poisoned = await runs.get(run.id)
      expect(poisoned).toMatchObject({
        status: 'failed',
        endedAt: 5,
        attempt: 6,
        error: { code: 'JOB_FAILED' },
      })
      expect(poisoned?.error?.message).toContain(
        'batch "sales": ingest is not started again: the process that ran it died or stood still 3 times',
      )
    })

    it('queues a run once more that its own executor lost, and counts that as a death', async () => {
      const { runs } = await controls.open()
      const { run } = await runs.enqueue(ingest('sales'), { now: 1 })
      const lose = (executor: string, attempt: number) =>
        runs.lose(run.id, { executor, attempt, now: 9, maxAttempts: 2 })
      expect(await lose('e', 1)).toBe(false)
      await runs.claimById(run.id, { executor: 'e', now: 2 })
      await runs.saveStep({
        runId: run.id,
        index: 0,
        name: 'query',
        attempt: 1,
        status: 'running',
        startedAt: 2,
      })
      expect(await lose('other', 1)).toBe(false)
      expect(await lose('e', 1)).toBe(true)
      expect(await runs.get(run.id)).toMatchObject({ status: 'queued', attempt: 1 })
      expect(await runs.steps(run.id)).toMatchObject([{ status: 'failed', endedAt: 9 }])
      await runs.claimById(run.id, { executor: 'e', now: 3 })
      expect(await lose('e', 1)).toBe(false)
      expect(await lose('e', 2)).toBe(true)
      expect(await runs.get(run.id)).toMatchObject({ status: 'failed', error: { code: 'JOB_FAILED' } })
    })

    it('ends, not restarts, a run that was to be canceled when its process died', async () => {
      const { runs } = await controls.open()
      const { run } = await runs.enqueue(ingest('a'), { now: 1 })
      await runs.claimById(run.id, { executor: 'dead', now: 2 })
      await runs.cancel(run.id, 3)
      await runs.recover({ now: 4, maxAttempts: 1, isDead })
      expect(await runs.get(run.id)).toMatchObject({ status: 'canceled', endedAt: 4 })
    })
  })

  describe('records', () => {
    it('keeps steps by attempt and order, and lets a later record of a step replace the earlier', async () => {
      const { runs } = await controls.open()
      const step = (index: number, attempt: number, more: Partial<Step> = {}): Step => ({
        runId: 'r',
        index,
        name: HOSTILE_NAMES[index]!,
        attempt,
        status: 'running',
        startedAt: 5,
        ...more,
      })
      const ended = step(0, 1, {
        status: 'succeeded',
        endedAt: 9,
        result: { rows: 3, name: HOSTILE_NAMES[3]! },
      })
      const failed = step(0, 2, {
        status: 'failed',
        endedAt: 9,
        error: { code: 'QUERY_FAILED', message: 'x' },
      })
      for (const record of [failed, step(1, 1), step(0, 1), ended]) await runs.saveStep(record)
      expect(await runs.steps('r')).toEqual([ended, step(1, 1), failed])
      expect(await runs.steps('other')).toEqual([])
    })

    it('keeps logs in order and shows the newest', async () => {
      const { runs } = await controls.open()
      const records = Array.from({ length: 450 }, (_, index) => ({
        runId: index % 2 === 0 ? 'even' : 'odd',
        at: 1_000 - index,
        level: 'info' as const,
        message: `${HOSTILE_NAMES[index % HOSTILE_NAMES.length]}${index}`,
        fields: index === 0 ? {} : { index, name: HOSTILE_NAMES[index % HOSTILE_NAMES.length]! },
      }))
      await runs.saveLogs(records)
      await runs.saveLogs([])
      const even = records.filter((record) => record.runId === 'even')
      expect(await runs.logs('even', { limit: 1_000 })).toEqual(even)
      expect(await runs.logs('even', { limit: 3 })).toEqual(even.slice(-3))
    })

    it('lists newest first, by filter and by page', async () => {
      const { runs } = await controls.open()
      const ids: string[] = []
      for (let index = 0; index < 10; index++)
        ids.unshift((await runs.enqueue(ingest(index % 2 === 0 ? 'even' : 'odd'), { now: 1_000 })).run.id)
      const idsOf = async (filter: object) =>
        (await runs.list({ limit: 100, ...filter })).map((run) => run.id)
      expect(await idsOf({})).toEqual(ids)
      expect(await idsOf({ before: ids[3], limit: 4 })).toEqual(ids.slice(4, 8))
      expect(await idsOf({ batch: 'odd' })).toEqual(ids.filter((_, index) => index % 2 === 0))
      expect(await idsOf({ job: 'train' })).toEqual([])
      expect(await idsOf({ status: 'queued', job: 'ingest', limit: 1 })).toEqual(ids.slice(0, 1))
    })

    it('prunes ended runs with what belongs to them, but not the newest of each kind', async () => {
      const { runs } = await controls.open()
      const ids: string[] = []
      for (let index = 0; index < 250; index++) {
        const { run } = await runs.enqueue(ingest('a'), { now: index })
        ids.push(run.id)
        await runs.claimById(run.id, { executor: 'e', now: index })
        await runs.saveStep({
          runId: run.id,
          index: 0,
          name: 's',
          attempt: 1,
          status: 'succeeded',
          startedAt: index,
        })
        await runs.saveLogs([{ runId: run.id, at: index, level: 'info', message: 'm', fields: {} }])
        const status = index === 0 ? 'failed' : 'succeeded'
        await runs.finish(run.id, { attempt: 1, executor: 'e', status, now: index })
      }
      const queued = await runs.enqueue(ingest('a'), { now: 0 })
      expect(await runs.prune({ before: 240, keep: 5 })).toBe(239)
      const left = (await runs.list({ limit: 1_000 })).map((run) => run.id)
      expect(new Set(left)).toEqual(new Set([ids[0], queued.run.id, ...ids.slice(240)]))
      expect(await runs.steps(ids[1]!)).toEqual([])
      expect(await runs.logs(ids[1]!, { limit: 5 })).toEqual([])
      expect(await runs.steps(ids[240]!)).toHaveLength(1)
      expect(await runs.prune({ before: 1_000, keep: 5 })).toBe(5)
      expect(await runs.latest({ job: 'ingest', batch: 'a', status: 'failed' })).toMatchObject({ id: ids[0] })
    })
  })
})

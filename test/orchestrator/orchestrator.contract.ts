import { afterEach, describe, expect, it } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import type { Clock } from '../../src/core/clock.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import type { Execution, JobHandler, Orchestrator } from '../../src/orchestrator/orchestrator.ts'
import type { JobName, RunRequest } from '../../src/runs/run.ts'
import { createFakeClock } from '../fake-clock.ts'

export interface OrchestratorOptions {
  readonly control: Control
  readonly clock: Clock
  readonly maxRuntimeMs: number
}

/** One implementation, and where its runs are recorded. */
export interface OrchestratorUnderTest {
  readonly name: string
  /** A control database that all orchestrators of one test share. */
  readonly openControl: () => Promise<Control>
  readonly create: (options: OrchestratorOptions) => Orchestrator
}

/** A promise to be resolved from outside. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

/** Ends, with the signal's reason, when it aborts. */
const untilAborted = ({ signal }: Execution) =>
  new Promise<void>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const ingest = (batch: string): RunRequest => ({ job: 'ingest', batch, trigger: 'manual' })

/** What every orchestrator promises. */
export function orchestratorContract({ name, openControl, create }: OrchestratorUnderTest): void {
  const stopping: Orchestrator[] = []
  afterEach(async () => {
    await Promise.all(stopping.splice(0).map((one) => one.stop({ graceMs: 0 })))
  })

  async function setting(maxRuntimeMs = 600_000) {
    const control = await openControl()
    const clock = createFakeClock(1_000)
    const make = (handler: JobHandler, jobs: readonly JobName[] = ['ingest']) => {
      const orchestrator = create({ control, clock, maxRuntimeMs })
      orchestrator.register(new Map(jobs.map((job) => [job, handler])))
      stopping.push(orchestrator)
      return orchestrator
    }
    return { control, clock, make }
  }

  describe(`${name} orchestrator`, () => {
    it('executes what is queued, before and after its start, and records how it ended', async () => {
      const { make, clock } = await setting()
      const seen: Execution[] = []
      const orchestrator = make(async (execution) => {
        seen.push(execution)
        await clock.advance(5)
        if (execution.run.batch === 'bad')
          throw new AnomstackError('QUERY_FAILED', 'no such table', { at: { batch: 'bad' } })
      })
      const before = await orchestrator.enqueue({ ...ingest('good'), params: { days: 3 } })
      expect(before).toMatchObject({ created: true, run: { status: 'queued', attempt: 0, queuedAt: 1_000 } })
      await orchestrator.start({ concurrency: 1 })
      const after = await orchestrator.enqueue(ingest('bad'))
      const good = await orchestrator.wait(before.run.id)
      const bad = await orchestrator.wait(after.run.id)
      expect(good).toEqual({
        ...before.run,
        status: 'succeeded',
        attempt: 1,
        startedAt: 1_000,
        endedAt: 1_005,
        executor: expect.any(String),
      })
      expect(bad).toMatchObject({
        status: 'failed',
        error: { code: 'QUERY_FAILED', message: 'batch "bad": no such table' },
      })
      expect(bad.error?.stack).toContain('orchestrator.contract.ts')
      expect(seen.map(({ run }) => [run.batch, run.status, run.params])).toEqual([
        ['good', 'running', { days: 3 }],
        ['bad', 'running', undefined],
      ])
      expect(seen[0]!.executor.pid).toBe(process.pid)
    })

    it('starts the most urgent first, and of these the oldest', async () => {
      const { make } = await setting()
      const seen: string[] = []
      const orchestrator = make(async ({ run }) => {
        seen.push(run.batch!)
      })
      const queued = []
      for (const [index, priority] of [0, 5, 0, -5, 0, 5, -5, 0].entries())
        queued.push(await orchestrator.enqueue({ ...ingest(String(index)), priority }))
      await orchestrator.start({ concurrency: 1 })
      for (const { run } of queued) await orchestrator.wait(run.id)
      expect(seen).toEqual(['3', '6', '0', '2', '4', '7', '1', '5'])
    })

    it('survives handlers that throw anything, at any time', async () => {
      const { make } = await setting()
      const thrown: readonly unknown[] = [undefined, null, 'text', 7, new TypeError('x'), Object.create(null)]
      const orchestrator = make(({ run }) => {
        throw thrown[Number(run.batch)]
      })
      await orchestrator.start({ concurrency: 2 })
      const queued = await Promise.all(thrown.map((_, index) => orchestrator.enqueue(ingest(String(index)))))
      for (const { run } of queued)
        expect(await orchestrator.wait(run.id)).toMatchObject({
          status: 'failed',
          error: { code: 'JOB_FAILED' },
        })
    })

    it('executes at most so many at a time, and never two of one job and batch', async () => {
      const { make } = await setting()
      let now = 0
      let most = 0
      const together = gate()
      const batches = new Set<string>()
      const orchestrator = make(async ({ run }) => {
        expect(batches.has(run.batch!)).toBe(false)
        batches.add(run.batch!)
        most = Math.max(most, ++now)
        if (now === 3) together.open()
        await together.opened
        await new Promise(setImmediate)
        now--
        batches.delete(run.batch!)
      })
      const queued = []
      for (let index = 0; index < 30; index++)
        queued.push(await orchestrator.enqueue(ingest(`b${index % 5}`)))
      await orchestrator.start({ concurrency: 3 })
      for (const { run } of queued)
        expect(await orchestrator.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 1 })
      expect(most).toBe(3)
    })

    it('shares the queue with others of its kind, each run once', async () => {
      const { make } = await setting()
      const executed: string[] = []
      const handler: JobHandler = async ({ run }) => {
        executed.push(run.id)
        await new Promise(setImmediate)
      }
      const all = [make(handler), make(handler), make(handler)]
      const queued = []
      for (let index = 0; index < 40; index++) queued.push(await all[0]!.enqueue(ingest(`b${index}`)))
      await Promise.all(all.map((one) => one.start({ concurrency: 2 })))
      for (const { run } of queued) expect((await all[1]!.wait(run.id)).status).toBe('succeeded')
      expect(executed.toSorted()).toEqual(queued.map(({ run }) => run.id).toSorted())
    })

    it('adds nothing for an idempotency key that was used', async () => {
      const { make } = await setting()
      const [one, other] = [make(async () => {}), make(async () => {})]
      const first = await one.enqueue(ingest('a'), { idempotencyKey: 'tick' })
      const second = await other.enqueue(ingest('a'), { idempotencyKey: 'tick' })
      expect([first.created, second.created, second.run.id]).toEqual([true, false, first.run.id])
    })

    it('leaves a delayed run alone until its time has come', async () => {
      const { make, clock } = await setting()
      const started: number[] = []
      const orchestrator = make(async () => void started.push(clock.now()))
      await orchestrator.start({ concurrency: 1 })
      const late = await orchestrator.enqueue(ingest('late'), { delayMs: 5_000 })
      const soon = await orchestrator.enqueue(ingest('soon'))
      await orchestrator.wait(soon.run.id)
      expect(started).toEqual([1_000])
      await clock.advance(5_000)
      await orchestrator.wait(late.run.id)
      expect(started).toEqual([1_000, 6_000])
    })

    it('leaves jobs alone that it does not know', async () => {
      const { make, control } = await setting()
      const orchestrator = make(async () => {})
      await orchestrator.start({ concurrency: 5 })
      const unknown = await orchestrator.enqueue({ job: 'train', batch: 'a', trigger: 'manual' })
      const known = await orchestrator.enqueue(ingest('a'))
      await orchestrator.wait(known.run.id)
      expect((await control.runs.get(unknown.run.id))?.status).toBe('queued')
      await expect(orchestrator.runNow({ job: 'train', trigger: 'manual' })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
      })
    })

    describe('cancel', () => {
      it('ends a queued run at once', async () => {
        const { make } = await setting()
        const orchestrator = make(async () => {})
        const { run } = await orchestrator.enqueue(ingest('a'))
        expect(await orchestrator.cancel(run.id)).toBe(true)
        expect(await orchestrator.cancel(run.id)).toBe(false)
        expect(await orchestrator.cancel('nothing')).toBe(false)
        await orchestrator.start({ concurrency: 1 })
        expect(await orchestrator.wait(run.id)).toMatchObject({
          status: 'canceled',
          attempt: 0,
          error: { code: 'CANCELED' },
        })
      })

      it.each(['the same', 'another'])(
        'stops a running run, asked through %s orchestrator',
        async (which) => {
          const { make } = await setting()
          const started = gate()
          const orchestrator = make((execution) => {
            started.open()
            return untilAborted(execution)
          })
          await orchestrator.start({ concurrency: 1 })
          const { run } = await orchestrator.enqueue(ingest('a'))
          await started.opened
          expect(await (which === 'another' ? make(async () => {}) : orchestrator).cancel(run.id)).toBe(true)
          const ended = await orchestrator.wait(run.id)
          expect(ended).toMatchObject({
            status: 'canceled',
            error: { code: 'CANCELED', message: 'batch "a": ingest was canceled on request' },
          })
        },
      )

      it('goes on although the handler takes no notice, and frees the place', async () => {
        const { make } = await setting()
        const started = gate()
        const orchestrator = make(({ run }) => {
          started.open()
          return run.batch === 'deaf' ? new Promise<void>(() => {}) : Promise.resolve()
        })
        await orchestrator.start({ concurrency: 1 })
        const deaf = await orchestrator.enqueue(ingest('deaf'))
        await started.opened
        const next = await orchestrator.enqueue(ingest('next'))
        await orchestrator.cancel(deaf.run.id)
        expect((await orchestrator.wait(deaf.run.id)).status).toBe('canceled')
        expect((await orchestrator.wait(next.run.id)).status).toBe('succeeded')
      })
    })

    it('stops a run that takes too long', async () => {
      const { make } = await setting(30)
      const orchestrator = make(untilAborted)
      await orchestrator.start({ concurrency: 1 })
      const { run } = await orchestrator.enqueue(ingest('slow'))
      const ended = await orchestrator.wait(run.id)
      expect(ended).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'TIMED_OUT' } })
      expect(ended.error?.message).toBe('batch "slow": ingest was stopped because it ran longer than 0.03 s')
    })

    describe('retry', () => {
      it('queues a new run like the one that has ended', async () => {
        const { make } = await setting()
        let fail = true
        const orchestrator = make(async () => {
          if (fail) throw new Error('not yet')
        })
        await orchestrator.start({ concurrency: 1 })
        const { run } = await orchestrator.enqueue(
          { ...ingest('a'), trigger: 'schedule', scheduledFor: 500, params: { x: 1 } },
          { idempotencyKey: 'k' },
        )
        expect((await orchestrator.wait(run.id)).status).toBe('failed')
        fail = false
        const again = await orchestrator.retry(run.id)
        expect(again.id).not.toBe(run.id)
        expect(await orchestrator.wait(again.id)).toMatchObject({
          status: 'succeeded',
          job: 'ingest',
          batch: 'a',
          trigger: 'retry',
          params: { x: 1 },
        })
        await expect(orchestrator.retry('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })

      it('is refused while the run has not ended', async () => {
        const { make } = await setting()
        const orchestrator = make(async () => {})
        const { run } = await orchestrator.enqueue(ingest('a'))
        await expect(orchestrator.retry(run.id)).rejects.toMatchObject({ code: 'CONFLICT' })
      })
    })

    describe('wait', () => {
      it('sees a run end that another executes', async () => {
        const { make } = await setting()
        const [watcher, worker] = [make(async () => {}), make(async () => {})]
        const { run } = await watcher.enqueue(ingest('a'))
        const waiting = watcher.wait(run.id)
        await worker.start({ concurrency: 1 })
        expect((await waiting).status).toBe('succeeded')
      })

      it('ends when it is told to, when the orchestrator stops, and for a run that is not there', async () => {
        const { make } = await setting()
        const orchestrator = make(async () => {})
        const { run } = await orchestrator.enqueue(ingest('a'))
        const controller = new AbortController()
        const [told, stopped] = [
          orchestrator.wait(run.id, { signal: controller.signal }),
          orchestrator.wait(run.id),
        ]
        controller.abort()
        await expect(told).rejects.toMatchObject({ code: 'CANCELED' })
        await Promise.all([
          orchestrator.stop({ graceMs: 0 }),
          expect(stopped).rejects.toMatchObject({ code: 'CANCELED' }),
        ])
        await expect(orchestrator.wait('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })
    })

    describe('runNow', () => {
      it('executes in this process without a start', async () => {
        const { make } = await setting()
        const orchestrator = make(async ({ run }) => {
          if (run.batch === 'bad') throw new Error('no')
        })
        expect(await orchestrator.runNow(ingest('good'))).toMatchObject({ status: 'succeeded', attempt: 1 })
        expect(await orchestrator.runNow(ingest('bad'))).toMatchObject({
          status: 'failed',
          error: { message: 'no' },
        })
      })

      it('waits until no other run of its job and batch is running', async () => {
        const { make } = await setting()
        const order: string[] = []
        const started = gate()
        const finish = gate()
        const worker = make(async () => {
          order.push('worker starts')
          started.open()
          await finish.opened
          order.push('worker ends')
        })
        const queued = worker.runNow(ingest('a'))
        await started.opened
        const here = make(async () => void order.push('here')).runNow(ingest('a'))
        expect((await make(async () => void order.push('other batch')).runNow(ingest('b'))).status).toBe(
          'succeeded',
        )
        finish.open()
        expect([(await queued).status, (await here).status]).toEqual(['succeeded', 'succeeded'])
        expect(order).toEqual(['worker starts', 'other batch', 'worker ends', 'here'])
      })

      it('cancels the run when its signal aborts', async () => {
        const { make } = await setting()
        const controller = new AbortController()
        const orchestrator = make((execution) => {
          controller.abort()
          return untilAborted(execution)
        })
        expect((await orchestrator.runNow(ingest('a'), { signal: controller.signal })).status).toBe(
          'canceled',
        )
        expect((await orchestrator.runNow(ingest('b'), { signal: controller.signal })).attempt).toBe(0)
      })
    })

    describe('stop', () => {
      it('lets runs end that do so in time, and starts no others', async () => {
        const { make, control } = await setting()
        const started = gate()
        const finish = gate()
        const orchestrator = make(async () => {
          started.open()
          await finish.opened
        })
        await orchestrator.start({ concurrency: 1 })
        const first = await orchestrator.enqueue(ingest('a'))
        await started.opened
        const second = await orchestrator.enqueue(ingest('b'))
        const stopped = orchestrator.stop({ graceMs: 60_000 })
        finish.open()
        await stopped
        await orchestrator.stop({ graceMs: 0 })
        expect((await control.runs.get(first.run.id))?.status).toBe('succeeded')
        expect((await control.runs.get(second.run.id))?.status).toBe('queued')
        await expect(orchestrator.start({ concurrency: 1 })).rejects.toMatchObject({ code: 'CONFLICT' })
        await expect(orchestrator.runNow(ingest('a'))).rejects.toMatchObject({ code: 'CONFLICT' })
      })

      it('leaves a run that it interrupts in the queue, for the next start', async () => {
        const { make, control } = await setting()
        const started = gate()
        const first = make((execution) => {
          started.open()
          return untilAborted(execution)
        })
        await first.start({ concurrency: 1 })
        const { run } = await first.enqueue(ingest('a'))
        await started.opened
        await first.stop({ graceMs: 0 })
        expect(await control.runs.get(run.id)).toMatchObject({ status: 'queued', attempt: 1 })
        const next = make(async () => {})
        await next.start({ concurrency: 1 })
        expect(await next.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 2 })
      })

      it('interrupts what runs now as well', async () => {
        const { make, control } = await setting()
        const started = gate()
        const orchestrator = make((execution) => {
          started.open()
          return untilAborted(execution)
        })
        const here = orchestrator.runNow(ingest('a'))
        await started.opened
        await Promise.all([
          orchestrator.stop({ graceMs: 0 }),
          expect(here).rejects.toMatchObject({ code: 'CANCELED' }),
        ])
        expect((await control.runs.list({ limit: 5 })).map((run) => run.status)).toEqual(['queued'])
      })
    })
  })
}

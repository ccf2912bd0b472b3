import type { Control, ExecutorInfo } from '../control/control.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { QUEUE_NAMES, type QueueLimits, type QueueName } from '../core/queues.ts'
import type { JobName, Run, RunRequest } from '../runs/run.ts'
import { createBell } from './bell.ts'
import { createClaims } from './claims.ts'
import { createExecutions, type RecordPatience } from './executions.ts'
import { fanOut } from './fan-out.ts'
import { type LivenessLimits, newExecutor } from './liveness.ts'
import type { EnqueueOptions, JobHandler, Orchestrator } from './orchestrator.ts'
import { createPresence } from './presence.ts'
import { createRunEnds } from './run-ends.ts'
import type { Starter, StarterTools } from './starter.ts'

export interface RunEngineOptions {
  readonly control: Pick<Control, 'runs'>
  /** What due times are told by. How long a run takes, and how often the queue is looked at, is real time, however fast this clock runs. */
  readonly clock: Clock
  readonly logger: Logger
  /** A run is stopped after so long, in real ms. */
  readonly maxRuntimeMs: number
  /** Unique among all processes; made up when not given. */
  readonly executor?: ExecutorInfo
  /** How often to look for what other processes queued or canceled, in real ms. */
  readonly pollMs?: number
  /** A run whose process died so many times is failed. */
  readonly maxAttempts?: number
  readonly liveness?: LivenessLimits
  /** How long a handler that was told to stop may take to do so, in real ms. */
  readonly patienceMs?: number
  /** Takes secrets out of the errors of runs. */
  readonly redact?: (text: string) => string
  /** What `resources` counts by: the database connection of the request's batch; empty for none. */
  readonly resourceOf?: (request: RunRequest) => string
  /** Runs at a time, in all processes, on one resource. */
  readonly resources?: () => ReadonlyMap<string, number>
  readonly queues?: ReadonlyMap<QueueName, QueueLimits>
  /** Whether a run that failed is tried again, and after how long; it has failed `failures` times. */
  readonly retryDelayMs?: (run: Run, error: unknown) => number | undefined
}

/** Whoever waits for a run of theirs is told after so many attempts that its end cannot be recorded. */
const RECORD_ATTEMPTS = 5

/** An orchestrator over the control database: it keeps the records, executes what its starter gives it, and looks after runs of processes that died. */
export function createRunEngine(
  options: RunEngineOptions,
  createStarter: (tools: StarterTools) => Starter,
): Orchestrator {
  const { clock, logger, maxRuntimeMs, executor = newExecutor(), pollMs = 1_000, maxAttempts = 3 } = options
  const { patienceMs = 10_000, redact = (text: string) => text } = options
  const { resourceOf = () => '' } = options
  const { runs } = options.control
  const handlers = new Map<JobName, JobHandler>()
  const presence = createPresence({
    runs,
    executor,
    clock,
    logger,
    maxAttempts,
    onRecovered: wake,
    ...(options.liveness === undefined ? {} : { limits: options.liveness }),
  })
  const claims = createClaims({ runs, presence, clock })
  const executions = createExecutions({
    runs,
    executor,
    clock,
    logger,
    redact,
    maxRuntimeMs,
    retryMs: pollMs,
    patienceMs,
    maxAttempts,
    presence,
    ...(options.retryDelayMs === undefined ? {} : { retryDelayMs: options.retryDelayMs }),
    fanOut: (run, requests, signal) =>
      fanOut(run, requests, {
        signal,
        runs,
        enqueue,
        executeHere: executeIfFree,
        pause: (until) => bell.wait(pollMs, until),
        isStopping: () => stopping !== undefined,
      }),
  })
  const starter = createStarter({
    executor,
    jobs: () => [...handlers.keys()],
    claim: claims.claim,
    count: executions.count,
    execute: (run) => execute(run),
    announce,
  })
  /** Rings when something may have ended. */
  const bell = createBell()
  const ends = createRunEnds({ runs, pollMs })
  let started = false
  let stopListening = () => Promise.resolve()
  let stopping: Promise<void> | undefined
  let stopped = false
  let present = 0
  let poll: NodeJS.Timeout | undefined
  let watching: Promise<void> | undefined

  function wake(): void {
    if (started) starter.wake()
  }

  function announce(): void {
    runs
      .announce()
      .catch((error: unknown) =>
        logger.log('warn', 'runs could not be announced', { problem: messageOf(error) }),
      )
  }

  function onQueued(): void {
    if (started) starter.wake()
    else announce()
  }

  async function execute(run: Run, patience?: RecordPatience): Promise<boolean> {
    const handler = handlers.get(run.job)
    if (handler === undefined) throw new AnomstackError('INPUT_INVALID', `job "${run.job}" is not registered`)
    logger.log('debug', 'run started', {
      run: run.id,
      job: run.job,
      attempt: run.attempt,
      ...(run.batch === undefined ? {} : { batch: run.batch }),
    })
    const { isKnown, ended: over } = await executions.execute(run, handler, patience)
    // First what was waiting for its turn: those who are told of the end may have more to ask for.
    wake()
    bell.ring()
    if (over === undefined) ends.lookFor(run.id)
    else ends.tell(over)
    return isKnown
  }

  /** Looks for what other processes asked for. */
  function look(): void {
    wake()
    if (executions.count() === 0) return
    watching ??= runs
      .cancelRequests(executor.id)
      .then((ids) => {
        for (const id of ids) executions.interrupt(id, 'canceled')
      })
      .catch((error: unknown) =>
        logger.log('error', 'requests to cancel could not be read', { problem: messageOf(error) }),
      )
      .finally(() => {
        watching = undefined
      })
  }

  async function enter(): Promise<void> {
    await presence.enter()
    present++
    poll ??= setInterval(look, pollMs)
  }

  async function leave(): Promise<void> {
    present--
    if (present === 0) {
      clearInterval(poll)
      poll = undefined
    }
    await presence.leave()
  }

  async function ended(id: string): Promise<Run | undefined> {
    const run = await runs.get(id)
    if (run === undefined) throw new AnomstackError('NOT_FOUND', `there is no run "${id}"`)
    return run.endedAt === undefined ? undefined : run
  }

  function assertGoing(): void {
    if (stopped)
      throw new AnomstackError(
        'CANCELED',
        'this process stops before the run has ended; the run stays in the queue',
      )
  }

  async function cancel(id: string): Promise<boolean> {
    const asked = await runs.cancel(id, clock.now())
    if (asked) executions.interrupt(id, 'canceled')
    bell.ring()
    ends.lookFor(id)
    return asked
  }

  async function executeHere(id: string, signal: AbortSignal | undefined): Promise<Run> {
    const onAbort = () => {
      cancel(id).catch((error: unknown) =>
        logger.log('error', 'a run could not be canceled', { run: id, problem: messageOf(error) }),
      )
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal?.aborted) await cancel(id)
      for (;;) {
        const claimed =
          stopping === undefined
            ? await claims.claimById(id, { executor: executor.id, now: clock.now() })
            : undefined
        const patience = { attempts: RECORD_ATTEMPTS, ...(signal === undefined ? {} : { signal }) }
        if (claimed !== undefined && !(await execute(claimed, patience)))
          throw new AnomstackError(
            'CONTROL_FAILED',
            `the end of run "${id}" could not be recorded; it starts again once the control database can be written`,
          )
        const end = await ended(id)
        if (end !== undefined) return end
        assertGoing()
        await bell.wait(pollMs)
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async function executeIfFree(id: string): Promise<boolean> {
    const claimed = await claims.claimById(id, { executor: executor.id, now: clock.now() })
    if (claimed !== undefined) await execute(claimed)
    return claimed !== undefined
  }

  async function enqueue(request: RunRequest, { idempotencyKey, delayMs = 0 }: EnqueueOptions = {}) {
    const now = clock.now()
    const queued = await runs.enqueue(request, {
      now,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(delayMs > 0 ? { notBefore: now + delayMs } : {}),
      resource: resourceOf(request),
    })
    if (queued.created) onQueued()
    return queued
  }

  async function drain(graceMs: number): Promise<void> {
    const wasStarted = started
    started = false
    // At once: nothing that ends from now on makes room for another.
    const closed = wasStarted ? starter.close() : Promise.resolve()
    await Promise.all([closed, stopListening()])
    const idle = new AbortController()
    await Promise.race([executions.idle().then(() => idle.abort()), systemClock.sleep(graceMs, idle.signal)])
    stopped = true
    executions.interruptAll()
    await executions.idle()
    await watching
    bell.ring()
    ends.stop()
    if (wasStarted) {
      await starter.ended()
      await leave()
    }
  }

  return {
    register(jobs) {
      for (const [name, handler] of jobs) handlers.set(name, handler)
    },

    enqueue,

    async fire(ticks) {
      const fires = ticks.map(({ schedule, request }) => ({
        schedule,
        request,
        idempotencyKey: `schedule:${schedule}:${new Date(request.scheduledFor).toISOString()}`,
        resource: resourceOf(request),
      }))
      const queued = await runs.fireTicks(fires, { now: clock.now() })
      if (queued.length > 0) onQueued()
      return queued
    },

    cancel,

    async retry(id, { resume = false, ...options } = {}) {
      const run = await ended(id)
      if (run === undefined)
        throw new AnomstackError('CONFLICT', `run "${id}" has not ended yet: wait for its end or cancel it`)
      const { job, batch, params, shard, parent } = run
      const request: RunRequest = {
        job,
        trigger: 'retry',
        ...(batch === undefined ? {} : { batch }),
        ...(params === undefined ? {} : { params }),
        ...(shard === undefined ? {} : { shard }),
        ...(parent === undefined ? {} : { parent }),
        ...(resume ? { resumes: id } : {}),
      }
      const { run: queued } = await enqueue(request, options)
      return queued
    },

    wait: (id, { signal } = {}) => ends.of(id, signal),

    async runNow(request, { signal, idempotencyKey } = {}) {
      if (!handlers.has(request.job))
        throw new AnomstackError('INPUT_INVALID', `job "${request.job}" is not registered`)
      if (stopping !== undefined) throw new AnomstackError('CONFLICT', 'this orchestrator has been stopped')
      await enter()
      try {
        const { run } = await runs.enqueue(request, {
          now: clock.now(),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        })
        return await executeHere(run.id, signal)
      } finally {
        await leave()
      }
    },

    async start({ concurrency, queues: only = QUEUE_NAMES }) {
      if (stopping !== undefined || started)
        throw new AnomstackError('CONFLICT', 'this orchestrator has been started before')
      await enter()
      started = true
      await starter.start({ concurrency: Math.max(1, concurrency), queues: only })
      stopListening = await runs.listen(wake)
    },

    stop({ graceMs }) {
      stopping ??= drain(graceMs)
      return stopping
    },
  }
}

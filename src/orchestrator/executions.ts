import type { ExecutorInfo, RunStore } from '../control/control.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import type { QueueName } from '../core/queues.ts'
import type { Run, RunError, RunRequest } from '../runs/run.ts'
import { runErrorOf } from '../runs/run-error.ts'
import { createInterruption, type Interruption, type InterruptionKind } from './interruption.ts'
import type { JobHandler } from './orchestrator.ts'
import { isHeld, type Presence } from './presence.ts'

/** The runs that this process has claimed and is executing. */
export interface Executions {
  /** Executes a claimed run to its end, and records that: it is tried until the process stops, or for as long as
   * `patience` says, which only who waits for the run has: it is not tried again when it fails. It never rejects. */
  execute(run: Run, handler: JobHandler, patience?: RecordPatience): Promise<Recorded>
  /** Stops one run, or none when it is not executing here. */
  interrupt(id: string, kind: InterruptionKind): void
  /** Leaves all runs to the queue, because the process stops. */
  interruptAll(): void
  /** Of one queue, or of all. */
  count(queue?: QueueName): number
  /** Resolves when nothing is executing. */
  idle(): Promise<void>
}

export interface Recorded {
  /** Whether it is on record what became of the run. */
  readonly isKnown: boolean
  /** The run as it is on record, when it has ended here. */
  readonly ended?: Run
}

export interface RecordPatience {
  readonly attempts: number
  /** No more attempts once it aborts. */
  readonly signal?: AbortSignal
}

export interface ExecutionOptions {
  readonly runs: RunStore
  readonly executor: ExecutorInfo
  readonly clock: Clock
  readonly logger: Logger
  readonly redact: (text: string) => string
  /** Real ms. */
  readonly maxRuntimeMs: number
  /** Real ms: between attempts to record an end. */
  readonly retryMs: number
  /** Real ms: a handler that does not end so long after it was told to is left to itself. */
  readonly patienceMs: number
  readonly presence: Pick<Presence, 'hold' | 'prove'>
  /** How often a run may be lost before it is given up. */
  readonly maxAttempts: number
  /** After how long a run that failed is tried again; undefined for never. */
  readonly retryDelayMs?: (run: Run, error: unknown) => number | undefined
  readonly fanOut: (run: Run, requests: readonly RunRequest[], signal: AbortSignal) => Promise<readonly Run[]>
}

type Outcome =
  | { readonly status: 'succeeded' }
  | { readonly status: 'failed' | 'canceled'; readonly error: RunError }
  | { readonly status: 'queued' }
  /** This process showed no sign of life for too long, so that it did not write all of it. */
  | { readonly status: 'lost' }
  /** It failed for a reason that may not last, and is tried again. */
  | { readonly status: 'again'; readonly error: RunError; readonly delayMs: number }

export function createExecutions(options: ExecutionOptions): Executions {
  const { runs, presence, executor, clock, logger, redact } = options
  const giveUp = new AbortController()
  const executing = new Set<{
    readonly run: Run
    readonly interruption: Interruption
    readonly done: Promise<Recorded>
  }>()

  async function outcomeOf(
    run: Run,
    {
      handler,
      interruption,
      once,
    }: { readonly handler: JobHandler; readonly interruption: Interruption; readonly once: boolean },
  ): Promise<Outcome> {
    const held = presence.hold()
    const deadline = setTimeout(
      () => interruption.interrupt('timed-out'),
      Math.min(options.maxRuntimeMs, 2 ** 31 - 1),
    )
    try {
      await Promise.race([
        handler({
          run,
          signal: interruption.signal,
          executor,
          assertHeld: held,
          fanOut: (requests) => options.fanOut(run, requests, interruption.signal),
        }),
        outlasted(interruption.signal, options.patienceMs),
      ])
      // Who was told to stop may have left things out, even if it says nothing.
      interruption.signal.throwIfAborted()
      return { status: 'succeeded' }
    } catch (error) {
      switch (interruption.kind()) {
        case undefined:
          return isHeld(held) ? failure(run, error, once) : { status: 'lost' }
        case 'canceled':
          return { status: 'canceled', error: withoutStack(interruption.signal.reason) }
        case 'timed-out':
          return { status: 'failed', error: withoutStack(interruption.signal.reason) }
        case 'stopping':
          return { status: 'queued' }
      }
    } finally {
      clearTimeout(deadline)
    }
  }

  function failure(run: Run, thrown: unknown, once: boolean): Outcome {
    const error = runErrorOf(thrown, redact)
    const delayMs = once ? undefined : options.retryDelayMs?.(run, thrown)
    return delayMs === undefined ? { status: 'failed', error } : { status: 'again', error, delayMs }
  }

  /** Where an interruption was made says nothing of the run. */
  function withoutStack(reason: unknown): RunError {
    const { code, message } = runErrorOf(reason, redact)
    return { code, message }
  }

  /** False when others have taken the run over; otherwise the run, if it has ended. */
  async function record(run: Run, outcome: Outcome): Promise<false | { readonly ended?: Run }> {
    const end = { executor: executor.id, attempt: run.attempt, now: clock.now() }
    if (outcome.status === 'queued') return (await runs.requeue(run.id, end)) && {}
    if (outcome.status === 'lost') {
      await presence.prove()
      return (await runs.lose(run.id, { ...end, maxAttempts: options.maxAttempts })) && {}
    }
    if (outcome.status === 'again') {
      const later = { notBefore: end.now + outcome.delayMs, error: outcome.error }
      return (await runs.retryLater(run.id, { ...end, ...later })) && {}
    }
    const { error: _, ...started } = run
    const ended = { ...started, ...outcome, endedAt: end.now }
    return (await runs.finish(run.id, { ...end, ...outcome })) && { ended }
  }

  /** A run whose end is not recorded would hold its job and batch for ever, so this goes on until it is, or the process stops. */
  async function recordEnd(run: Run, outcome: Outcome, patience?: RecordPatience): Promise<Recorded> {
    const { attempts = Number.POSITIVE_INFINITY, signal } = patience ?? {}
    const enough = signal === undefined ? giveUp.signal : AbortSignal.any([giveUp.signal, signal])
    const fields = { run: run.id, job: run.job, ...(run.batch === undefined ? {} : { batch: run.batch }) }
    for (let attempt = 1; ; attempt++) {
      try {
        const recorded = await record(run, outcome)
        if (recorded) report(outcome, fields)
        else logger.log('warn', 'run was taken over by another process before it ended here', fields)
        return { isKnown: true, ...recorded }
      } catch (error) {
        logger.log('error', 'the end of a run could not be recorded', {
          ...fields,
          problem: redact(messageOf(error)),
        })
        if (enough.aborted || attempt >= attempts) return { isKnown: false }
        await systemClock.sleep(options.retryMs, enough)
      }
    }
  }

  function report(outcome: Outcome, fields: { readonly [key: string]: Json }): void {
    if (outcome.status === 'succeeded') logger.log('info', 'run succeeded', fields)
    else if (outcome.status === 'queued') logger.log('info', 'run interrupted; it starts again', fields)
    else if (outcome.status === 'lost')
      logger.log(
        'warn',
        'run interrupted: there was no sign of life of this process for too long; it starts again, unless that has happened too often',
        fields,
      )
    else if (outcome.status === 'again')
      logger.log('warn', 'run failed and is tried again', {
        ...fields,
        inMs: outcome.delayMs,
        code: outcome.error.code,
        problem: outcome.error.message,
      })
    else
      logger.log(outcome.status === 'failed' ? 'error' : 'info', `run ${outcome.status}`, {
        ...fields,
        code: outcome.error.code,
        problem: outcome.error.message,
      })
  }

  return {
    execute(run, handler, patience) {
      const interruption = createInterruption(run, options.maxRuntimeMs)
      const done = outcomeOf(run, { handler, interruption, once: patience !== undefined })
        .then((outcome) => recordEnd(run, outcome, patience))
        .finally(() => executing.delete(execution))
      const execution = { run, interruption, done }
      executing.add(execution)
      return done
    },
    interrupt(id, kind) {
      for (const { run, interruption } of executing) if (run.id === id) interruption.interrupt(kind)
    },
    interruptAll() {
      giveUp.abort()
      for (const { interruption } of executing) interruption.interrupt('stopping')
    },
    count(queue) {
      if (queue === undefined) return executing.size
      return [...executing].filter(({ run }) => run.queue === queue).length
    },
    async idle() {
      while (executing.size > 0) await Promise.all([...executing].map(({ done }) => done))
    },
  }
}

/** Rejects with the signal's reason when `patienceMs` of real time have passed since it aborted. */
function outlasted(signal: AbortSignal, patienceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    const wait = () => setTimeout(() => reject(signal.reason), patienceMs).unref()
    signal.addEventListener('abort', wait, { once: true })
  })
}

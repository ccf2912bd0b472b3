import { availableParallelism } from 'node:os'
import type { Piscina } from 'piscina'
import { AnomstackError, locate, messageOf, throwIfAborted } from '../core/errors.ts'
import { workerThread } from '../core/worker-thread.ts'
import type { ModelSpec } from './model-spec.ts'
import type { Trial } from './search/judge-candidate.ts'
import type { ProbeItem, ProbeSettings } from './simulation/probe-series.ts'
import type {
  Failure,
  JudgeOutcome,
  JudgeSettings,
  ProbeOutcome,
  ReplayItem,
  ReplayOutcome,
  ReplaySettings,
  ScoreItem,
  ScoreOutcome,
  ScoreSettings,
  TaskName,
  Tasks,
  TrainItem,
  TrainOutcome,
} from './tasks.ts'
import { packParcel } from './transfer.ts'

export type { ReplayItem, ScoreItem, TrainItem } from './tasks.ts'

/**
 * Trains and scores metrics in worker threads. Results come in the order of the items, one each: a metric that fails is a result like the
 * others. The arrays of the items stay usable. Calls reject with `CANCELED` (or the signal's own error) when aborted, within moments.
 */
export interface ModelPool {
  train(spec: ModelSpec, items: readonly TrainItem[], options?: PoolOptions): Promise<readonly TrainResult[]>
  /** `spec` is the one that the models were trained with, as their bundle says. */
  score(
    spec: ModelSpec,
    items: readonly ScoreItem[],
    options?: PoolOptions & ScoreSettings,
  ): Promise<readonly ScoreResult[]>
  /** Scores whole series as if they had come point by point, see `replay.ts`. */
  replay(
    spec: ModelSpec,
    items: readonly ReplayItem[],
    options: PoolOptions & ReplaySettings,
  ): Promise<readonly ReplayResult[]>
  /** How well ways to judge metrics do on points that they were not fitted to, see `search/judge-candidate.ts`. */
  judge(
    spec: ModelSpec,
    trials: readonly Trial[],
    options: PoolOptions & JudgeSettings,
  ): Promise<readonly JudgeResult[]>
  /** Scores anomalies that are put into series, see `simulation/probe-series.ts`. */
  probe(
    spec: ModelSpec,
    items: readonly ProbeItem[],
    options: PoolOptions & ProbeSettings,
  ): Promise<readonly ProbeResult[]>
  /** Ends the threads; what is under way is rejected with `CANCELED`. */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly signal?: AbortSignal
}

/** A metric whose work failed. */
export interface FailedResult {
  readonly status: 'failed'
  readonly metric: string
  readonly error: AnomstackError
}

export type TrainResult = TrainOutcome | FailedResult
export type ScoreResult = ScoreOutcome | FailedResult
export type ReplayResult = (Omit<ReplayOutcome, 'trained'> & { readonly trained: TrainResult }) | FailedResult

export type JudgeResult = JudgeOutcome | FailedResult

export type ProbeResult = ProbeOutcome | FailedResult

export interface ModelPoolOptions {
  readonly threads?: number
  /** A thread without work ends after so long. */
  readonly idleMs?: number
}

/** Numbers lie outside the heap, and what else a thread makes is soon garbage: with the default of 48 MB it only waits longer to be collected. */
const YOUNG_GENERATION_MB = 8

/** One message to a thread: enough work to be worth it, few enough numbers to be bounded in memory. */
const MOST_ITEMS = 64
const MOST_POINTS = 100_000

type Sized = { readonly series: { readonly timestamps: Float64Array } }

function chunksOf<Item extends Sized>(
  items: readonly Item[],
  threads: number,
): { start: number; items: Item[] }[] {
  const mostItems = Math.min(MOST_ITEMS, Math.ceil(items.length / (threads * 4)))
  const chunks: { start: number; items: Item[] }[] = []
  let points = 0
  items.forEach((item, i) => {
    const size = item.series.timestamps.length
    const chunk = chunks.at(-1)
    if (chunk && chunk.items.length < mostItems && points + size <= MOST_POINTS) {
      chunk.items.push(item)
      points += size
    } else {
      chunks.push({ start: i, items: [item] })
      points = size
    }
  })
  return chunks
}

const failed = (metric: string, error: AnomstackError): FailedResult => ({ status: 'failed', metric, error })

const isFailure = (outcome: { readonly status: string }): outcome is Failure => outcome.status === 'failed'

function received<Outcome extends { readonly status: string }>(
  outcome: Outcome | Failure,
): Exclude<Outcome, Failure> | FailedResult {
  if (!isFailure(outcome)) return outcome as Exclude<Outcome, Failure>
  const { code, problem, at, retryable } = outcome.error
  return failed(outcome.metric, new AnomstackError(code, problem, { at, retryable }))
}

/** Threads start with the first work and end when there has been none for a while. */
export function createModelPool({
  threads = availableParallelism(),
  idleMs = 10_000,
}: ModelPoolOptions = {}): ModelPool {
  let started: Promise<Piscina> | undefined
  let closed = false

  let broken: AnomstackError | undefined
  const waiting = new Set<(error: unknown) => void>()

  const start = async () => {
    const { Piscina } = await import('piscina')
    const { url, execArgv } = workerThread(import.meta.url, 'worker')
    const pool = new Piscina({
      filename: url.href,
      execArgv,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleMs,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    // A thread that cannot even load its file: no message would ever be answered.
    pool.on('error', (error: unknown) => {
      broken = new AnomstackError('JOB_FAILED', `a thread for models could not start: ${messageOf(error)}`, {
        cause: error,
      })
      for (const reject of waiting) reject(broken)
      started = undefined
      pool.destroy().catch(() => {})
    })
    return pool
  }

  async function send<Name extends TaskName>(
    name: Name,
    message: Tasks[Name]['message'],
    signal: AbortSignal | undefined,
  ): Promise<readonly Tasks[Name]['outcome'][]> {
    throwIfAborted(signal)
    if (closed) throw new AnomstackError('CANCELED', 'the model pool is closed')
    started ??= start()
    const pool = await started
    const { value, buffers } = packParcel(message, { keep: true })
    return new Promise((resolve, reject) => {
      waiting.add(reject)
      const running = pool.run(value, { name, transferList: buffers, signal: signal ?? null })
      running.then(resolve, reject).finally(() => waiting.delete(reject))
    })
  }

  /** A thread that dies takes its whole message with it: the metrics are tried again one by one to find which it was. */
  async function sendIsolated<Name extends TaskName>(
    name: Name,
    message: Tasks[Name]['message'],
    signal: AbortSignal | undefined,
  ) {
    try {
      return await send(name, message, signal)
    } catch (error) {
      throwIfAborted(signal)
      if (closed) throw new AnomstackError('CANCELED', 'the model pool was closed', { cause: error })
      if (error === broken) throw error
      if (message.items.length === 1) {
        const { metric } = message.items[0]!
        const { code, problem, at, retryable } = locate(error, { metric }, 'JOB_FAILED')
        return [{ status: 'failed' as const, metric, error: { code, problem, at, retryable } }]
      }
      const outcomes: Tasks[Name]['outcome'][] = []
      for (const item of message.items)
        outcomes.push(...(await sendIsolated(name, { ...message, items: [item] }, signal)))
      return outcomes
    }
  }

  async function run<Name extends TaskName>(
    name: Name,
    {
      spec,
      settings,
      items,
    }: { spec: ModelSpec; settings: Tasks[Name]['settings']; items: readonly Tasks[Name]['item'][] },
    signal: AbortSignal | undefined,
  ): Promise<readonly Tasks[Name]['outcome'][]> {
    throwIfAborted(signal)
    const chunks = chunksOf(items, threads)
    const outcomes: Tasks[Name]['outcome'][] = []
    let next = 0
    // One message being worked on and one waiting for each thread; the others are not even packed.
    const lane = async () => {
      for (let chunk = chunks[next++]; chunk; chunk = chunks[next++]) {
        const message = { spec, settings, items: chunk.items } as Tasks[Name]['message']
        const { start } = chunk
        const answered = await sendIsolated(name, message, signal)
        answered.forEach((outcome, i) => {
          outcomes[start + i] = outcome
        })
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: Math.min(threads * 2, chunks.length) }, lane))
    for (const each of lanes) if (each.status === 'rejected') throw each.reason
    return outcomes
  }

  return {
    async train(spec, items, { signal } = {}) {
      return (await run('train', { spec, settings: undefined, items }, signal)).map((outcome) =>
        received(outcome),
      )
    },
    async score(spec, items, { signal, ...settings } = {}) {
      return (await run('score', { spec, settings, items }, signal)).map((outcome) => received(outcome))
    },
    async replay(spec, items, { signal, ...settings }) {
      const outcomes = await run('replay', { spec, settings, items }, signal)
      return outcomes.map((outcome) => {
        const result = received(outcome)
        return result.status === 'failed' ? result : { ...result, trained: received(result.trained) }
      })
    },
    async judge(spec, trials, { signal, ...settings }) {
      return (await run('judge', { spec, settings, items: trials }, signal)).map((outcome) =>
        received(outcome),
      )
    },
    async probe(spec, items, { signal, ...settings }) {
      return (await run('probe', { spec, settings, items }, signal)).map((outcome) => received(outcome))
    },
    async close() {
      closed = true
      await (await started)?.destroy()
    },
  }
}

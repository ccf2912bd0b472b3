import { move, transferableSymbol, valueSymbol } from 'piscina'
import { locate } from '../core/errors.ts'
import { decodeModel, encodeModel } from './codec.ts'
import { scoreAndLearn } from './learning.ts'
import { type FitResult, fitMetric } from './metric-model.ts'
import { replaySeries } from './replay-series.ts'
import { scoreMetric } from './score-metric.ts'
import { judgeCandidate } from './search/judge-candidate.ts'
import { probeSeries } from './simulation/probe-series.ts'
import type { Failure, ScoreOutcome, TaskName, Tasks, TrainOutcome } from './tasks.ts'
import { packParcel } from './transfer.ts'

/** Runs in a worker thread; one metric that fails does not stop the others of its message. */
type Handler<Name extends TaskName> = (message: Tasks[Name]['message']) => readonly Tasks[Name]['outcome'][]

function failure(metric: string, thrown: unknown): Failure {
  const { code, problem, at, retryable } = locate(thrown, { metric }, 'JOB_FAILED')
  return { status: 'failed', metric, error: { code, problem, at, retryable } }
}

function isolated<Outcome>(metric: string, work: () => Outcome): Outcome | Failure {
  try {
    return work()
  } catch (error) {
    return failure(metric, error)
  }
}

function trainOutcome(metric: string, result: FitResult): TrainOutcome {
  if (result.status === 'learning') return { ...result, metric }
  const { model, problems } = result
  return {
    status: 'fitted',
    metric,
    bytes: encodeModel(model),
    from: model.from,
    to: model.to,
    count: model.count,
    problems,
  }
}

/** Moves the result's arrays instead of copying them. */
function moved<T extends object>(result: T): T {
  const { value, buffers } = packParcel(result, { keep: false })
  return move({ [transferableSymbol]: buffers, [valueSymbol]: value }) as unknown as T
}

export const train: Handler<'train'> = ({ spec, items }) =>
  moved(
    items.map(({ metric, series, ...given }) =>
      isolated(metric, () => trainOutcome(metric, fitMetric(series, spec, { metric, ...given }))),
    ),
  )

function scoreOutcome(
  { metric, model, series, learnUntil, ...given }: Tasks['score']['item'],
  { spec, settings }: Tasks['score']['message'],
): ScoreOutcome {
  const status = 'scored' as const
  const fitted = decodeModel(model, spec.python)
  const options = { ...given, ...settings }
  if (learnUntil === undefined) return { status, metric, scored: scoreMetric(fitted, spec, series, options) }
  const { scored, learned } = scoreAndLearn(fitted, spec, series, { ...options, until: learnUntil })
  if (learned === undefined) return { status, metric, scored }
  const { to, count } = learned
  return { status, metric, scored, learned: { to, count, bytes: encodeModel(learned) } }
}

export const score: Handler<'score'> = (message) =>
  moved(message.items.map((item) => isolated(item.metric, () => scoreOutcome(item, message))))

export const replay: Handler<'replay'> = ({ spec, settings, items }) =>
  moved(
    items.map(({ metric, series, ...given }) =>
      isolated(metric, () => {
        const replayed = replaySeries(series, spec, { ...settings, ...given, metric })
        return {
          status: 'replayed' as const,
          metric,
          scored: replayed.scored,
          trained: isolated(metric, () => trainOutcome(metric, replayed.refit())),
        }
      }),
    ),
  )

/** Each candidate by each metric; one that cannot judge it has NaN. */
export const judge: Handler<'judge'> = ({ spec, settings: { candidates, holdout }, items }) =>
  items.map((trial) =>
    isolated(trial.metric, () => ({
      status: 'judged' as const,
      metric: trial.metric,
      judgement: candidates.map((candidate) => judgeCandidate(trial, { ...spec, ...candidate }, holdout)),
    })),
  )

export const probe: Handler<'probe'> = ({ spec, settings, items }) =>
  moved(
    items.map((item) =>
      isolated(item.metric, () => ({
        status: 'probed' as const,
        metric: item.metric,
        ...probeSeries(item, spec, settings),
      })),
    ),
  )

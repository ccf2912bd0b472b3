import { move, transferableSymbol, valueSymbol } from 'piscina'
import { locate } from '../core/errors.ts'
import { decodeModel, encodeModel } from './codec.ts'
import { type FitResult, fitMetric } from './metric-model.ts'
import { replaySeries } from './replay-series.ts'
import { scoreMetric } from './score-metric.ts'
import type { Failure, TaskName, Tasks, TrainOutcome } from './tasks.ts'
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

export const score: Handler<'score'> = ({ spec, settings, items }) =>
  moved(
    items.map(({ metric, model, series, ...wanted }) =>
      isolated(metric, () => ({
        status: 'scored' as const,
        metric,
        scored: scoreMetric(decodeModel(model, spec.python), spec, series, { ...wanted, ...settings }),
      })),
    ),
  )

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

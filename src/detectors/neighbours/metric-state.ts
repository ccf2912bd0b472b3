import type { StateReader } from '../checks.ts'
import { METRIC_KINDS, type Metric, minkowski } from './metric.ts'

/** A metric as a part of a model's state, where no number is infinite. */
export function metricState({ kind, p }: Metric): { readonly metric: string; readonly p: number } {
  return { metric: kind, p: kind === 'chebyshev' ? 1 : p }
}

/** The metric of a state; throws `MODEL_INVALID` when there is none. */
export function readMetric(read: StateReader): Metric {
  const kind = read.text('metric', METRIC_KINDS)
  const p = read.number('p')
  read.require(p > 0, 'its metric is not valid')
  return kind === 'chebyshev' ? minkowski(Number.POSITIVE_INFINITY) : { kind, p }
}

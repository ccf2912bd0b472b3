import { z } from 'zod'
import { type Metric, minkowski } from './metric.ts'

const EXPONENTS = {
  minkowski: 2,
  euclidean: 2,
  l2: 2,
  manhattan: 1,
  l1: 1,
  cityblock: 1,
  chebyshev: Number.POSITIVE_INFINITY,
} as const

type MetricName = keyof typeof EXPONENTS

export const METRIC_NAMES = Object.keys(EXPONENTS) as [MetricName, ...MetricName[]]

/** The option `metric` of detectors without an exponent of their own. */
export const metricOption = z
  .enum(METRIC_NAMES)
  .default('minkowski')
  .meta({ description: 'The distance; minkowski is the Euclidean one.' })

/** The option `p` beside `metric`. */
export const exponentOption = z
  .number()
  .positive()
  .default(2)
  .meta({ description: 'Exponent of the Minkowski distance: 2 is Euclidean, 1 is Manhattan.' })

/** The option `metric_params`: there are none to give. */
export const metricParamsOption = z
  .null()
  .default(null)
  .meta({ description: 'Accepted for compatibility with PyOD; only null.' })

/** The metric of a name, and of an exponent for `minkowski`. */
export function metricNamed(name: MetricName, p: number = EXPONENTS.minkowski): Metric {
  return minkowski(name === 'minkowski' ? p : EXPONENTS[name])
}

import { medianOf } from './quantile.ts'

/** The median absolute deviation of Gaussian noise, as a share of its standard deviation; and its mean absolute deviation. */
const MEDIAN_SHARE = 0.6745
const MEAN_SHARE = Math.sqrt(2 / Math.PI)

/** The standard deviation that Gaussian values with this median absolute deviation would have; where more than half are equal, by the mean absolute deviation; 0 of constant values. */
export function robustSpread(values: Float64Array): number {
  if (values.length === 0) return 0
  const centre = medianOf(values)
  const deviations = values.map((value) => Math.abs(value - centre))
  const middle = medianOf(deviations)
  if (middle > 0) return middle / MEDIAN_SHARE
  return deviations.reduce((sum, each) => sum + each / deviations.length, 0) / MEAN_SHARE
}

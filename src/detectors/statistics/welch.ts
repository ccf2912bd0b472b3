/** Values, as what is to be known of them: how many there are, their sum, and the sum of their squares. */
export interface Sums {
  readonly count: number
  readonly sum: number
  readonly squares: number
}

// A difference of means whose error is a smaller share of it, or none, is so certain: the statistic is to be finite.
const LEAST_ERROR = 1e-6

/** Welch's t statistic: how much larger the mean of some values is than that of others, in standard errors of the difference. */
export function welchT(some: Sums, others: Sums): number {
  const difference = some.sum / some.count - others.sum / others.count
  if (difference === 0) return 0
  const error = Math.sqrt(squaredError(some) + squaredError(others))
  return difference / Math.max(error, Math.abs(difference) * LEAST_ERROR)
}

function squaredError({ count, sum, squares }: Sums): number {
  return count < 2 ? 0 : Math.max(0, squares - (sum * sum) / count) / (count - 1) / count
}

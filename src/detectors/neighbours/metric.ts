/**
 * A Minkowski distance. All arithmetic per pair of rows stands here, summed in column order, so that every
 * way of searching gives the same bits.
 */
export interface Metric {
  readonly kind: (typeof METRIC_KINDS)[number]
  /** The exponent; 2, 1 and infinity for the three named kinds. */
  readonly p: number
}

export const METRIC_KINDS = ['euclidean', 'manhattan', 'chebyshev', 'minkowski'] as const

/** The Minkowski metric of exponent `p`, as its named kind where it has one. */
export function minkowski(p: number): Metric {
  const kind =
    p === 2 ? 'euclidean' : p === 1 ? 'manhattan' : p === Number.POSITIVE_INFINITY ? 'chebyshev' : 'minkowski'
  return { kind, p }
}

export const EUCLIDEAN = minkowski(2)

/** Adds the difference of one column to a reduced distance, which is the distance without its final root. */
export function extend(metric: Metric, reduced: number, difference: number): number {
  const size = Math.abs(difference)
  switch (metric.kind) {
    case 'euclidean':
      return reduced + difference * difference
    case 'manhattan':
      return reduced + size
    case 'chebyshev':
      return Math.max(reduced, size)
    case 'minkowski':
      return reduced + size ** metric.p
  }
}

/** The distance that a reduced distance stands for. */
export function toDistance(metric: Metric, reduced: number): number {
  switch (metric.kind) {
    case 'euclidean':
      return Math.sqrt(reduced)
    case 'manhattan':
    case 'chebyshev':
      return reduced
    case 'minkowski':
      return reduced ** (1 / metric.p)
  }
}

/** The distance of two rows whose reduced distance overflows: slower, always finite. */
export function overflowingDistance(metric: Metric, a: Float64Array, b: Float64Array): number {
  const differences = a.map((value, j) => Math.abs(value / 4 - b[j]! / 4))
  const largest = differences.reduce((most, size) => Math.max(most, size), 0)
  if (largest === 0) return 0
  let reduced = 0
  for (const size of differences) reduced = extend(metric, reduced, size / largest)
  return Math.min(largest * toDistance(metric, reduced) * 4, Number.MAX_VALUE)
}

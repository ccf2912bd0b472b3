import { histogramOf } from '../statistics/histogram.ts'

/**
 * Which members are competent in a region: those whose scores there correlate with the target about as much as those of most others. Bins of
 * correlations that hold the most members are chosen with both of their edges; a member in several of them counts so often.
 */
export function competentMembers(correlations: Float64Array, bins: number): readonly number[] {
  const { edges, counts } = histogramOf(correlations, Math.min(bins, correlations.length))
  const most = counts.reduce((largest, count) => Math.max(largest, count))
  const chosen: number[] = []
  for (let bin = 0; bin < counts.length; bin++)
    for (let member = 0; counts[bin] === most && member < correlations.length; member++)
      if (correlations[member]! >= edges[bin]! && correlations[member]! <= edges[bin + 1]!)
        chosen.push(member)
  return chosen
}

/** Pearson's correlation of some elements of two arrays; 0 where one of them does not vary. */
export function correlationAmong(a: Float64Array, b: Float64Array, among: Int32Array): number {
  const count = among.length
  let meanA = 0
  let meanB = 0
  let varies = 0
  for (let i = 0; i < count; i++) {
    meanA += a[among[i]!]! / count
    meanB += b[among[i]!]! / count
    if (a[among[i]!]! !== a[among[0]!]!) varies |= 1
    if (b[among[i]!]! !== b[among[0]!]!) varies |= 2
  }
  if (varies !== 3) return 0
  let product = 0
  let squaresA = 0
  let squaresB = 0
  for (let i = 0; i < count; i++) {
    const x = a[among[i]!]! - meanA
    const y = b[among[i]!]! - meanB
    product += x * y
    squaresA += x * x
    squaresB += y * y
  }
  const size = Math.sqrt(squaresA) * Math.sqrt(squaresB)
  return size > 0 ? Math.max(-1, Math.min(1, product / size)) : 0
}

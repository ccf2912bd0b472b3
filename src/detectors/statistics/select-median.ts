import { selectRank } from './select.ts'

/**
 * The median of values, at least one and all numbers, which are partly reordered: several times as fast as by sorting. The mean of the two
 * middle ones of an even number never overflows.
 */
export function selectMedian(values: Float64Array): number {
  const middle = values.length >> 1
  const upper = selectRank(values, middle)
  if (values.length % 2 === 1) return upper
  let lower = Number.NEGATIVE_INFINITY
  for (let i = 0; i < middle; i++) if (values[i]! > lower) lower = values[i]!
  const sum = lower + upper
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2
}

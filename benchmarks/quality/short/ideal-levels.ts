import type { SimulatedSeries } from './profile.ts'

/** Points that are averaged: one for spikes, more for changes that last. */
const SPANS = [1, 2, 4, 8]
const LONGEST = 8

/**
 * What somebody would say of values who knows what each of them should be and how large its noise is: the largest standardised mean of the newest
 * points. A yardstick for what noise hides, no bound: that a value repeats, or that noise leans to one side, it does not know. NaN for the first points.
 */
export function idealLevels(values: Float64Array, { expected, scale }: SimulatedSeries): Float64Array {
  return values.map((_, i) => {
    if (i < LONGEST) return Number.NaN
    let most = 0
    let sum = 0
    for (let span = 1; span <= LONGEST; span++) {
      const point = i + 1 - span
      // A series that stood still all the time has no noise.
      sum += (values[point]! - expected[point]!) / (scale[point]! || 1)
      if (SPANS.includes(span)) most = Math.max(most, Math.abs(sum) / Math.sqrt(span))
    }
    return most
  })
}

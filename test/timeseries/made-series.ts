import { createRandom } from '../../src/core/random.ts'
import type { Series } from '../../src/core/series.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY
/** A Monday. */
export const MONDAY = Date.UTC(2026, 0, 5)

/** Standard Gaussian values (Box and Muller, 1958). */
export function gaussian(count: number, seed: number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  )
}

/** Values at a step of time, from a Monday on. */
export function spaced(values: Float64Array, step: number): Series {
  return { timestamps: values.map((_, i) => MONDAY + i * step), values }
}

export const hourly = (values: Float64Array): Series => spaced(values, HOUR)

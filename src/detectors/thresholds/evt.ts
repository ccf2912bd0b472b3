import { createSpot, type SpotOptions } from './spot.ts'

/** The score that others are above with a small probability, by extreme value theory: peaks over threshold. */
export function evt(scores: Float64Array, options: SpotOptions = {}): number {
  return createSpot(scores, options).threshold
}

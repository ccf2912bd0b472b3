import type { Moment } from './moment.ts'

/** A simple way to foretell the next value of a series. */
export interface Expert {
  /** NaN while it has nothing to say. */
  predict(moment: Moment): number
  /** Surprises are learned from as if they were no larger than `most`. */
  learn(value: number, moment: Moment, most: number): void
}

export const clip = (value: number, most: number): number => Math.max(-most, Math.min(most, value))

/** Counting further changes nothing. */
export const MANY = 65_535

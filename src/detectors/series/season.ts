import { z } from 'zod'
import type { StateReader } from '../checks.ts'

/** How many values a season has. */
export const periodOption = z.int().min(1).max(1000).default(7).meta({
  description: 'Values in a season: 7 for days of a week, 24 for hours of a day, 1 for no season.',
})

/** How many seasons before the newest value a window holds. */
export const periodsOption = z
  .int()
  .min(3)
  .max(100)
  .default(6)
  .meta({ description: 'Seasons before the newest value that a window holds.' })

export interface Season {
  readonly period: number
  readonly periods: number
}

/** Values in a window: whole seasons, and the newest. */
export function seasonalWindow({ period, periods }: Season): number {
  return period * periods + 1
}

/** A season out of the state of a model, which keeps it as its `period` and `periods`. */
export function readSeason(read: StateReader): Season {
  const season = { period: read.number('period'), periods: read.number('periods') }
  read.require(
    Number.isInteger(season.period) &&
      season.period >= 1 &&
      Number.isInteger(season.periods) &&
      season.periods >= 3,
    'its season is not valid',
  )
  return season
}

/** Writes the values of one phase, 0 being that of the oldest value and of the one after the newest. */
export function writePhase(values: Float64Array, phase: number, period: number, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = values[phase + i * period]!
}

import { createRandom, hashText, type Random } from '../../../src/core/random.ts'
import type { Series } from '../../../src/core/series.ts'
import { roundTo } from '../../../src/timeseries/round.ts'
import { noiseSpread } from './noise-spread.ts'

export const STEPS = ['daily', 'hourly'] as const
export type Step = (typeof STEPS)[number]

const HOUR = 3_600_000
export const STEP_MS: Readonly<Record<Step, number>> = { daily: 24 * HOUR, hourly: HOUR }
export const POINTS_PER_WEEK: Readonly<Record<Step, number>> = { daily: 7, hourly: 168 }
/** Points within which a change that lasts is to be seen. */
export const IN_TIME: Readonly<Record<Step, number>> = { daily: 10, hourly: 24 }

/** One value of a simulated metric. */
export interface Draw {
  readonly value: number
  /** What it would be without noise. */
  readonly expected: number
  /** How large its noise is, compared with that of other points of the metric; 1 when not given. */
  readonly scale?: number
  /** A day on which everybody knows why the value is strange. */
  readonly holiday?: boolean
}

/** A kind of metric as businesses have them. */
export interface Profile {
  readonly name: string
  readonly step: Step
  /** No value lies outside. */
  readonly lower: number
  readonly upper: number
  /** Values are whole numbers. */
  readonly whole: boolean
  /** One metric of this kind, with a level, a season and a noise of its own. It is asked for one point after the other. */
  create(random: Random): (index: number, timestamp: number) => Draw
}

/** A series of which the noise is known. */
export interface SimulatedSeries {
  readonly series: Series
  readonly expected: Float64Array
  /** Robust spread of the noise of each point: of one that grows with the level, more where that is high. In the unit of the values. */
  readonly scale: Float64Array
  /** Robust spread of the noise of all points, in the unit of the values. */
  readonly spread: number
  /** Indices of points that are strange for a known reason: neither anomalies nor normal. */
  readonly holidays: ReadonlySet<number>
}

/** As ingest rounds values unless told otherwise. */
const DECIMALS = 4
const FIRST_DAY = Date.UTC(2024, 0, 1)
const DAYS_OF_START = 366

/** A series of a profile, of its own for each name. It begins at midnight of some day of a year. */
export function simulate(profile: Profile, length: number, name: string): SimulatedSeries {
  const random = createRandom(hashText(`${profile.name}/${name}`))
  const start = FIRST_DAY + random.int(DAYS_OF_START) * STEP_MS.daily
  const draw = profile.create(random)
  const timestamps = new Float64Array(length)
  const values = new Float64Array(length)
  const expected = new Float64Array(length)
  const scale = new Float64Array(length)
  const holidays = new Set<number>()
  for (let i = 0; i < length; i++) {
    timestamps[i] = start + i * STEP_MS[profile.step]
    const drawn = draw(i, timestamps[i]!)
    values[i] = roundTo(Math.min(profile.upper, Math.max(profile.lower, drawn.value)), DECIMALS)
    expected[i] = drawn.expected
    scale[i] = drawn.scale ?? 1
    if (drawn.holiday === true) holidays.add(i)
  }
  const noise = values.map((value, i) => value - expected[i]!)
  const spreadOf = (all: Float64Array) => noiseSpread(all.filter((_, i) => !holidays.has(i)))
  const unit = spreadOf(noise.map((each, i) => each / scale[i]!))
  return {
    series: { timestamps, values },
    expected,
    scale: scale.map((each) => each * unit),
    spread: spreadOf(noise),
    holidays,
  }
}

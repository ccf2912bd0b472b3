import type { Bounds } from '../../alerts/decide-thresholds.ts'
import type { Series } from '../../core/series.ts'
import type { SeriesProfile } from '../../timeseries/profile-series.ts'

const MONTH = (365.25 / 12) * 86_400_000
/** A series that is equal to the point before in so many of all cases hardly ever moves. */
const STILL = 0.98
/** What lies within this of a bound is near it; of percentages it is as many hundredths. */
const NEAR = 0.02
const FEWEST = 50
/** A season that explains so much is worth more than a bound. */
const SEASONAL = 0.3
/** Decimals of the bounds of rates. */
const DECIMALS = 4

export interface AdvisedBounds {
  readonly bounds: Bounds
  /** Why a plain threshold does better than a model; the end of a sentence. */
  readonly why: string
  /** How often a value lay beyond them in the past: stretches of points, not points. */
  readonly breaches: number
}

/** Fixed bounds for a series that hardly ever moves, or is a rate that mostly is near its natural bound: the tightest that would have been left at most about once a month. */
export function advisedBounds(series: Series, profile: SeriesProfile): AdvisedBounds | undefined {
  if (profile.points < FEWEST) return undefined
  const why = reasonFor(profile)
  if (why === undefined) return undefined
  const allowed = Math.floor((profile.last - profile.first) / MONTH)
  const { min, q25, q75 } = profile.quantiles
  const ceiling = ceilingOf(profile)
  const hasFloor = min >= 0 && profile.kind !== 'constant'
  const lower =
    hasFloor && q25 <= NEAR * (ceiling ?? 1) ? undefined : tightest(series.values, allowed, q25, -1)
  const upper =
    ceiling !== undefined && q75 >= ceiling * (1 - NEAR)
      ? undefined
      : tightest(series.values, allowed, q75, 1)
  if (lower === undefined && upper === undefined) return undefined
  const exact = ceiling === undefined || profile.kind === 'flag'
  const bounds = {
    ...(lower === undefined ? {} : { lower: exact ? lower : outward(lower, Math.floor) }),
    ...(upper === undefined ? {} : { upper: exact ? upper : outward(upper, Math.ceil) }),
  }
  const breaches =
    stretchesBeyond(series.values, bounds.upper, 1) + stretchesBeyond(series.values, bounds.lower, -1)
  return { bounds, why, breaches }
}

function reasonFor(profile: SeriesProfile): string | undefined {
  const { kind, unchanged, cycles, quantiles } = profile
  if (kind === 'constant') return 'it has never moved'
  if (unchanged >= STILL)
    return `it hardly ever moves (${percent(unchanged)} of the points equal the one before)`
  if (cycles.some(({ present, share }) => present && share >= SEASONAL)) return undefined
  const ceiling = ceilingOf(profile)
  if (ceiling === undefined || kind === 'flag') return undefined
  if (quantiles.q25 >= ceiling * (1 - NEAR))
    return `it is a rate that is mostly near its upper bound ${ceiling}`
  if (quantiles.q75 <= ceiling * NEAR && kind === 'rate')
    return 'it is a rate that is mostly near its lower bound 0'
  return undefined
}

/** The greatest value that there can be. */
function ceilingOf({ kind, quantiles, atMost }: SeriesProfile): number | undefined {
  if (kind === 'rate' || kind === 'flag') return 1
  return kind !== 'constant' && quantiles.min >= 0 && quantiles.max === 100 && atMost >= 0.05
    ? 100
    : undefined
}

function outward(value: number, round: (value: number) => number): number {
  return round(Number((value * 10 ** DECIMALS).toPrecision(12))) / 10 ** DECIMALS
}

/** The value nearest to `inner` that is left at most so many times, `direction` being the side. */
function tightest(values: Float64Array, allowed: number, inner: number, direction: 1 | -1): number {
  const outside = [...new Set(values)].filter((value) => (value - inner) * direction >= 0)
  outside.sort((a, b) => (b - a) * direction)
  let bound = outside[0] ?? inner
  for (const value of outside) {
    if (stretchesBeyond(values, value, direction) > allowed) break
    bound = value
  }
  return bound
}

function stretchesBeyond(values: Float64Array, bound: number | undefined, direction: 1 | -1): number {
  if (bound === undefined) return 0
  let stretches = 0
  let beyond = false
  for (const value of values) {
    const now = (value - bound) * direction > 0
    if (now && !beyond) stretches++
    beyond = now
  }
  return stretches
}

function percent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`
}

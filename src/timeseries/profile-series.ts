import type { Series } from '../core/series.ts'
import { type Cycle, cyclesOf } from './cycles.ts'
import { noiseOf } from './inject-anomaly.ts'
import { type LevelShift, levelShiftsOf } from './level-shifts.ts'
import { quantileOf } from './quantile.ts'
import { type Regularity, regularityOf } from './regularity.ts'
import { robustSpread } from './robust-spread.ts'
import { isAggregated, learnStep } from './step.ts'
import { type Stillness, stillnessOf } from './stillness.ts'
import { tailWeight } from './tails.ts'
import { trendOf } from './trend.ts'
import { type ValueKind, valueKindOf } from './value-kind.ts'

/** What can be measured of a series of at least one point. */
export interface SeriesProfile extends Regularity, Stillness {
  readonly points: number
  /** UTC epoch ms. */
  readonly first: number
  readonly last: number
  /** Usual time between points, ms; undefined while it is not known. */
  readonly step: number | undefined
  /** The 95 % quantile of the time between points, ms. */
  readonly longStep: number
  /** Whether practically all timestamps are whole multiples of the step. */
  readonly aligned: boolean
  /** Whether a point is taken to stand for the period that starts at its timestamp. */
  readonly aggregated: boolean
  readonly kind: ValueKind
  /** Share of zeros. */
  readonly zeros: number
  /** Share of values that are the least, and that are the greatest. */
  readonly atLeast: number
  readonly atMost: number
  /** The least, the middle half, and the greatest. */
  readonly quantiles: {
    readonly min: number
    readonly q25: number
    readonly median: number
    readonly q75: number
    readonly max: number
  }
  /** Slope in spreads a week, and from the first point to the last. */
  readonly trend: { readonly perWeek: number; readonly total: number }
  readonly cycles: readonly Cycle[]
  /** As `tailWeight` says. */
  readonly tails: number | undefined
  readonly shifts: readonly LevelShift[]
  /** Robust spread of all values, and standard deviation of what neither trend nor season explains. */
  readonly spread: number
  readonly noise: number
}

const ALIGNED_SHARE = 0.95
/** Squares of larger values, and of the reciprocals of smaller ones, are no numbers any more. */
const LARGE = 1e100

/** Measures a series; `timeZone` is that of its calendar. */
export function profileSeries(series: Series, timeZone: string): SeriesProfile {
  const { timestamps, values } = series
  const count = timestamps.length
  const sorted = values.slice().sort()
  const [min, max] = [sorted[0]!, sorted[count - 1]!]
  const unit = unitOf(Math.max(Math.abs(min), Math.abs(max)))
  const scaled = unit === 1 ? values : values.map((value) => value / unit)
  const step = learnStep(timestamps)
  const usual = step ?? 1
  const { slope, ...trend } = trendOf({ timestamps, values: scaled })
  const level = scaled.map((value, i) => value - slope * (timestamps[i]! - timestamps[0]!))
  const share = (wanted: number) =>
    values.reduce((sum, value) => (value === wanted ? sum + 1 : sum), 0) / count
  return {
    points: count,
    first: timestamps[0]!,
    last: timestamps[count - 1]!,
    step,
    longStep: longStepOf(timestamps),
    aligned: step !== undefined && alignedShare(timestamps, step) >= ALIGNED_SHARE,
    aggregated: step !== undefined && isAggregated(timestamps, step, timeZone),
    ...regularityOf(timestamps, usual),
    ...stillnessOf(values),
    kind: valueKindOf(values),
    zeros: share(0),
    atLeast: share(min),
    atMost: share(max),
    quantiles: {
      min,
      q25: quantileOf(sorted, 0.25),
      median: quantileOf(sorted, 0.5),
      q75: quantileOf(sorted, 0.75),
      max,
    },
    trend,
    cycles: step === undefined ? [] : cyclesOf({ timestamps, values: level }, { step, timeZone }),
    tails: tailWeight(scaled),
    shifts:
      step === undefined
        ? []
        : levelShiftsOf({ timestamps, values: scaled }, step).map((shift) => ({
            ...shift,
            from: shift.from * unit,
            to: shift.to * unit,
          })),
    spread: robustSpread(scaled) * unit,
    noise: noiseOf(scaled) * unit,
  }
}

function unitOf(size: number): number {
  return size > LARGE || (size > 0 && size < 1 / LARGE) ? size : 1
}

function longStepOf(timestamps: Float64Array): number {
  const distances = timestamps.subarray(1).map((timestamp, i) => timestamp - timestamps[i]!)
  return distances.length === 0 ? 0 : quantileOf(distances.sort(), 0.95)
}

function alignedShare(timestamps: Float64Array, step: number): number {
  return (
    timestamps.reduce((sum, timestamp) => (timestamp % step === 0 ? sum + 1 : sum), 0) / timestamps.length
  )
}

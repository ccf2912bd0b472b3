import type { BatchSettings } from '../config/batch-settings.ts'
import { parseDuration } from '../core/duration.ts'
import type { Series } from '../core/series.ts'
import { isAggregated, learnStep, periodEnd } from '../timeseries/step.ts'

/** How often a metric has a point, and what a point stands for. */
export interface Cadence {
  /** Milliseconds; undefined while it is not known. */
  readonly step: number | undefined
  /** Whether a point stands for the period that starts at its timestamp. */
  readonly aggregated: boolean
}

/** The declared cadence of a batch, or the one that a metric's timestamps show. */
export function cadenceOf(timestamps: Float64Array, settings: BatchSettings): Cadence {
  const step = (settings.step === null ? undefined : parseDuration(settings.step)) ?? learnStep(timestamps)
  const aggregated =
    settings.aggregated ?? (step !== undefined && isAggregated(timestamps, step, settings.time_zone))
  return { step, aggregated }
}

/** How many of the first points may be judged at `now`: those whose period has ended and settled. */
export function judgeableCount(timestamps: Float64Array, settings: BatchSettings, now: number): number {
  const cadence = cadenceOf(timestamps, settings)
  const settle = parseDuration(settings.settle) ?? 0
  let count = timestamps.length
  while (count > 0 && settledAt(timestamps[count - 1]!, cadence, settings, settle) > now) count--
  return count
}

/** The series without the points that may not be judged yet. */
export function judgeable(series: Series, settings: BatchSettings, now: number): Series {
  const count = judgeableCount(series.timestamps, settings, now)
  if (count === series.timestamps.length) return series
  return { timestamps: series.timestamps.subarray(0, count), values: series.values.subarray(0, count) }
}

function settledAt(
  timestamp: number,
  { step, aggregated }: Cadence,
  settings: BatchSettings,
  settle: number,
): number {
  const end =
    aggregated && step !== undefined
      ? periodEnd(timestamp, step, { aggregated, timeZone: settings.time_zone })
      : timestamp
  return end + settle
}

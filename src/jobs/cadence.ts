import type { BatchSettings } from '../config/batch-settings.ts'
import { parseDuration } from '../core/duration.ts'
import type { Series } from '../core/series.ts'
import { firstNotBefore } from '../models/positions.ts'
import { parseFrequency } from '../timeseries/frequency.ts'
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

/** The start of the first bucket that may not be judged yet at `now`: it has not ended, or not settled. */
export function firstOpenBucket(freq: string, settings: BatchSettings, now: number): number {
  return parseFrequency(freq).start(now - (parseDuration(settings.settle) ?? 0))
}

/** The series without the points that may not be judged yet and, where points are resampled, those of buckets that may not. */
export function learnable(series: Series, settings: BatchSettings, now: number): Series {
  const { freq } = settings.preprocess_params
  if (freq === null) return judgeable(series, settings, now)
  const count = firstNotBefore(series.timestamps, firstOpenBucket(freq, settings, now))
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

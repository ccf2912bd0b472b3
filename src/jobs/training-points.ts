import { isValid, type ValidRange } from '../config/per-metric.ts'
import type { Series } from '../core/series.ts'
import { firstNotBefore } from '../models/positions.ts'

/** What stays out of fitting. */
export interface TrainingRules {
  readonly range?: ValidRange | undefined
  /** Points before this time say nothing of what is normal, epoch ms. */
  readonly normalFrom?: number | undefined
  /** Anomalies that people confirmed. */
  readonly confirmed?: readonly ConfirmedAnomaly[]
  /** The calendar that keeps a time out; undefined where none does. */
  readonly skippedBy?: ((timestamp: number) => string | undefined) | undefined
}

export interface ConfirmedAnomaly {
  /** Of its alert, epoch ms. */
  readonly timestamp: number
  /** Since when the metric is as usual again; the alert's own point is the last of the anomaly when it is not known. */
  readonly until?: number | undefined
  /** So many points before the alert led to it: the scores of these were judged together. */
  readonly pointsBefore: number
}

export interface TrainingPoints {
  readonly series: Series
  /** How many points were left out, by why. */
  readonly leftOut: Readonly<Record<string, number>>
}

/** The points of a series that a model may learn from. */
export function trainingPoints(series: Series, rules: TrainingRules): TrainingPoints {
  const { timestamps, values } = series
  const { range, normalFrom = Number.NEGATIVE_INFINITY, skippedBy } = rules
  const isConfirmed = confirmedPoints(timestamps, rules.confirmed ?? [])
  const kept = new Uint32Array(timestamps.length)
  const leftOut: Record<string, number> = {}
  let count = 0
  for (let index = 0; index < timestamps.length; index++) {
    const why = whyNot(index)
    if (why === undefined) kept[count++] = index
    else leftOut[why] = (leftOut[why] ?? 0) + 1
  }
  if (count === timestamps.length) return { series, leftOut }
  const pick = (column: Float64Array) => Float64Array.from(kept.subarray(0, count), (index) => column[index]!)
  return { series: { timestamps: pick(timestamps), values: pick(values) }, leftOut }

  function whyNot(index: number): string | undefined {
    if (timestamps[index]! < normalFrom) return 'before new_normal_from'
    if (range !== undefined && !isValid(values[index]!, range)) return 'out of valid_range'
    if (isConfirmed[index] === 1) return 'in confirmed anomalies'
    const calendar = skippedBy?.(timestamps[index]!)
    return calendar === undefined ? undefined : `in calendar "${calendar}"`
  }
}

function confirmedPoints(timestamps: Float64Array, anomalies: readonly ConfirmedAnomaly[]): Uint8Array {
  const confirmed = new Uint8Array(timestamps.length)
  for (const { timestamp, until, pointsBefore } of anomalies) {
    const at = firstNotBefore(timestamps, timestamp)
    const end = firstNotBefore(timestamps, until ?? timestamp + 1, at)
    confirmed.fill(1, Math.max(0, at - pointsBefore), end)
  }
  return confirmed
}

import { quantileOf } from '../../timeseries/quantile.ts'

/** When a metric would have alerted. Times are epoch ms. */
export interface MetricAlerts {
  readonly batch: string
  readonly metric: string
  /** First and last point that was judged. */
  readonly first: number
  readonly last: number
  /** Ascending. */
  readonly alerts: readonly number[]
}

/** How often metrics alert in a part of their history; rates are alerts of one metric per ms. */
export interface AlertRates {
  readonly metrics: number
  readonly alerts: number
  /** Metrics' time together, ms. */
  readonly time: number
  /** All alerts by all of that time: what one metric does on average. */
  readonly mean: number
  /** Over the metrics that were judged in at least half of the part. */
  readonly q10: number
  readonly median: number
  readonly q90: number
  readonly max: number
}

/** A part of the time of each batch, from a moment on and before another. */
export type PartOf = (batch: string) => { readonly from: number; readonly to: number }

const ENOUGH = 0.5

/** Rates in a part of the time; undefined where nothing was judged in it. */
export function alertRates(metrics: readonly MetricAlerts[], partOf: PartOf): AlertRates | undefined {
  let alerts = 0
  let time = 0
  let seen = 0
  const rates: number[] = []
  for (const { batch, first, last, alerts: all } of metrics) {
    const { from, to } = partOf(batch)
    const lasted = Math.min(last, to) - Math.max(first, from)
    if (lasted <= 0) continue
    const count = all.filter((at) => at >= from && at < to).length
    seen++
    alerts += count
    time += lasted
    if (lasted >= ENOUGH * (to - from)) rates.push(count / lasted)
  }
  if (time === 0) return undefined
  const sorted = Float64Array.from(rates).sort()
  const mean = alerts / time
  const quantile = (share: number) => (sorted.length === 0 ? mean : quantileOf(sorted, share))
  return {
    metrics: seen,
    alerts,
    time,
    mean,
    q10: quantile(0.1),
    median: quantile(0.5),
    q90: quantile(0.9),
    max: quantile(1),
  }
}

/** When the first `share` of the time in which the metrics of each batch were judged is over. */
export function splitTimes(metrics: readonly MetricAlerts[], share: number): ReadonlyMap<string, BatchSplit> {
  const splits = new Map<string, BatchSplit>()
  for (const { batch, first, last } of metrics) {
    const known = splits.get(batch)
    const from = Math.min(first, known?.from ?? first)
    const to = Math.max(last, known?.to ?? last)
    splits.set(batch, { from, to, split: from + share * (to - from) })
  }
  return splits
}

export interface BatchSplit {
  readonly from: number
  readonly split: number
  readonly to: number
}

import { createAnomalyPolicy, type PolicyPoint } from '../../src/alerts/anomaly-policy.ts'
import { policyOf } from '../../src/alerts/policy-of.ts'
import type { BatchSettings } from '../../src/config/batch-settings.ts'
import { modelSpecOf } from '../../src/jobs/model-spec-of.ts'
import { withPython } from '../../src/jobs/with-python.ts'
import { createReplayer } from '../../src/models/replay.ts'
import type { LabelledSeries } from './labelled-series.ts'

/** The level from which the policy alerts; null leaves it to the model or the budget of the settings. */
export type Threshold = number | null

/** What the product says of a series. Columns run parallel to its points; NaN where nothing was said. */
export interface Judged {
  /** 0..1, higher is stranger. */
  readonly scores: Float64Array
  /** 0..1, what the alert policy compares with a threshold: smoothed scores or, of a model that decides by itself, how far above its level a point is; 0.5 at the level. */
  readonly levels: Float64Array
  readonly expected: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
  /** The threshold of the settings. */
  readonly threshold: Threshold
  /** Points at which the policy of the settings alerts, with their threshold or another in its place; ascending. */
  alertsAt(threshold: Threshold): readonly number[]
  readonly cpuMs: number
}

const DAY = 86_400_000

/**
 * Judges a labelled series with the code that production runs, one point after the other, as `anomstack detect` does. With a `freq` a verdict
 * belongs to the point that closed its bucket: that is when it was known. This file alone knows how models and alerts are called.
 */
export function judgeSeries({ name, series }: LabelledSeries, settings: BatchSettings): Judged {
  const { timestamps, values } = series
  const column = () => new Float64Array(timestamps.length).fill(Number.NaN)
  const [scores, levels, expected, lower, upper] = [column(), column(), column(), column(), column()]
  const places: number[] = []
  const points: PolicyPoint[] = []
  const policyAt = (threshold: Threshold) => createAnomalyPolicy({ ...policyOf(settings, name), threshold })

  const since = process.cpuUsage()
  const policy = policyAt(settings.alert_threshold)
  const replayer = createReplayer(withPython(modelSpecOf(settings), settings), {
    metric: name,
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    reasonsFrom: 2,
  })
  for (let i = 0; i < timestamps.length; i++) {
    const last = i === timestamps.length - 1
    const replayed = replayer.push(timestamps[i]!, values[i]!)
    for (const point of last ? [...replayed, ...replayer.flush()] : replayed) {
      expected[i] = point.expected ?? Number.NaN
      lower[i] = point.lower ?? Number.NaN
      upper[i] = point.upper ?? Number.NaN
      if (point.score === null) continue
      const judged = { ...point, score: point.score }
      places.push(i)
      points.push(judged)
      const { smoothed } = policy.next(judged)
      // Of several buckets that one point closes, the strangest.
      if (!(scores[i]! >= point.score)) scores[i] = point.score
      const level = aboveLevel(judged) ?? smoothed
      if (!(levels[i]! >= level)) levels[i] = level
    }
  }
  const { user, system } = process.cpuUsage(since)

  return {
    scores,
    levels,
    expected,
    lower,
    upper,
    threshold: settings.alert_threshold,
    alertsAt(threshold) {
      const decides = threshold !== null && points.some((point) => aboveLevel(point) !== undefined)
      const { next } = decides
        ? createAnomalyPolicy({ threshold, smoothN: 1, snoozeN: refractoryOf(timestamps) })
        : policyAt(threshold)
      const alerts: number[] = []
      points.forEach((point, k) => {
        const place = places[k]!
        const seen = decides ? { score: aboveLevel(point) ?? 0 } : point
        if (next(seen).alert && alerts.at(-1) !== place) alerts.push(place)
      })
      return alerts
    },
    cpuMs: (user + system) / 1000,
  }
}

/** How far above its own level a model finds a point: 0.5 at the level, 10/11 at ten times as improbable. Undefined for models that have none. */
function aboveLevel({ strangeness, level }: PolicyPoint): number | undefined {
  return typeof strangeness === 'number' && typeof level === 'number'
    ? 1 / (1 + 10 ** (level - strangeness))
    : undefined
}

const HOUR = 3_600_000

/** Points within which such a model alerts once. */
function refractoryOf(timestamps: Float64Array): number {
  const step = (timestamps.at(-1)! - timestamps[0]!) / Math.max(1, timestamps.length - 1)
  return Math.min(100, Math.max(3, Math.round((8 * HOUR) / step)))
}

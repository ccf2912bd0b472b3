import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import { createBucketer } from './bucketer.ts'
import { reachOf } from './detector-rows.ts'
import { learnRows } from './learning.ts'
import { type FitResult, fitMetric } from './metric-model.ts'
import type { ModelSpec } from './model-spec.ts'
import { createNewestRows } from './newest-rows.ts'
import { createPointWindow } from './point-window.ts'
import { createRefitting } from './refitting.ts'
import type { ReplayOptions } from './replay-options.ts'
import { scoreRows } from './score-metric.ts'

export interface ReplayedPoint {
  readonly timestamp: number
  readonly value: number
  /** 0..1; null while learning, and where a gap before the point leaves it without lags. */
  readonly score: number | null
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  /** One plain sentence: why the score is what it is, or why there is none. */
  readonly reason: string
  /** Of a model that decides by itself when to alert: as in `ScoredSeries`. */
  readonly strangeness?: number
  readonly level?: number
  readonly begins?: boolean
}

export interface Replayer {
  /**
   * Takes the next point and returns those that can be judged by now: this one or, where points are resampled, those of the buckets
   * that it closes. A timestamp that comes again is ignored: its first value has been judged. Throws `INPUT_INVALID` for a
   * timestamp before the last, and for numbers that are not finite.
   */
  push(timestamp: number, value: number): readonly ReplayedPoint[]
  /** Closes the bucket that is still open; nothing without a `freq`. To be called when no more points come. */
  flush(): readonly ReplayedPoint[]
  /** A model fitted to the newest points, for publishing. Throws `TRAINING_IMPOSSIBLE` as `fitMetric` does. */
  refit(): FitResult
}

const orNull = (value: number | undefined) => (value === undefined || Number.isNaN(value) ? null : value)
const INCOMPLETE = 'not judged: a gap before this point leaves it without its earlier points'

/** Judges points as they come. */
export function createReplayer(spec: ModelSpec, options: ReplayOptions): Replayer {
  const { maxPoints, maxAgeMs, reasonsFrom = 0, metric } = options
  const onGrid: ModelSpec = { ...spec, preprocess: { ...spec.preprocess, freq: null } }
  const context = reachOf(onGrid) + 1
  const window = createPointWindow(Math.max(maxPoints, context))
  const newestRows = createNewestRows(onGrid)
  const { rows } = newestRows
  const bucketer = createBucketer(spec.preprocess)
  const refitting = createRefitting(onGrid, options)
  let newest = Number.NEGATIVE_INFINITY

  const fittable = () => window.newest(maxPoints, maxAgeMs)

  function judge(timestamp: number, value: number): ReplayedPoint {
    if (refitting.wait <= 0) refitting.refit(fittable())
    refitting.passed(1)
    window.push(timestamp, value)
    const judged = window.newest(context)
    const complete = newestRows.push(timestamp, judged.values)
    const { model, learning } = refitting
    const unjudged = { timestamp, value, score: null, expected: null, lower: null, upper: null }
    if (!model || !complete) return { ...unjudged, reason: model ? INCOMPLETE : learning }
    const scored = scoreRows(model, onGrid, { judged, rows, reasonsFrom })
    if (spec.update === 'online') learnRows(model, rows)
    // The row may be one for a detector that could not be fitted.
    if (scored.timestamps.length === 0) return { ...unjudged, reason: INCOMPLETE }
    return {
      timestamp,
      value,
      score: scored.scores[0]!,
      expected: orNull(scored.expected[0]),
      lower: orNull(scored.lower[0]),
      upper: orNull(scored.upper[0]),
      reason: scored.reasons[0]!,
      ...(scored.levels === undefined
        ? {}
        : {
            strangeness: scored.strangeness![0]!,
            level: scored.levels[0]!,
            begins: scored.begins![0] === 1,
          }),
    }
  }

  const judgeAll = ({ timestamps, values }: Series) => {
    const judged: ReplayedPoint[] = []
    timestamps.forEach((timestamp, i) => {
      const point = judge(timestamp, values[i]!)
      if (!Number.isNaN(point.value)) judged.push(point)
    })
    return judged
  }

  return {
    push(timestamp, value) {
      const invalid = (problem: string) => new AnomstackError('INPUT_INVALID', problem, { at: { metric } })
      if (!Number.isFinite(timestamp) || !Number.isFinite(value))
        throw invalid(`the point ${timestamp}, ${value} is not finite`)
      if (timestamp < newest)
        throw invalid(`the timestamp ${timestamp} comes after ${newest}; sort the points first`)
      if (timestamp === newest) return []
      newest = timestamp
      return bucketer ? judgeAll(bucketer.push(timestamp, value)) : [judge(timestamp, value)]
    },
    flush: () => (bucketer ? judgeAll(bucketer.flush()) : []),
    refit: () => fitMetric(fittable(), onGrid, { metric }),
  }
}

import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import { detectorRows, reachOf, rowsBetween, sliceRows } from './detector-rows.ts'
import { joinScored } from './join-scored.ts'
import { judgedSeries } from './judged-series.ts'
import { judgeInTurn } from './learning.ts'
import { type FitResult, fitMetric, type MetricModel } from './metric-model.ts'
import type { ModelSpec } from './model-spec.ts'
import { firstNotBefore } from './positions.ts'
import { createRefitting } from './refitting.ts'
import type { ReplayOptions } from './replay-options.ts'
import { type ScoredSeries, scoreRows } from './score-metric.ts'

/** The points of a part of a series, and of the rows made of it. */
function sliceSeries({ timestamps, values }: Series, begin: number, end: number): Series {
  return { timestamps: timestamps.subarray(begin, end), values: values.subarray(begin, end) }
}

/** Where a replay stops on its way, to be looked at. */
export interface Stops {
  /** Numbers of judged points, ascending. */
  readonly at: readonly number[]
  /** Called before the point is judged, with the model that will judge it; undefined while there is none. What learns goes on learning in it. */
  visit(point: number, model: MetricModel | undefined): void
}

/** A series judged point by point, in one go: the same numbers as pushing its points one by one, with rows scored in blocks between two fits. */
export function replaySeries(
  series: Series,
  spec: ModelSpec,
  options: ReplayOptions & { readonly features?: Features; readonly stops?: Stops },
): { readonly scored: ScoredSeries; readonly refit: () => FitResult } {
  const onGrid: ModelSpec = { ...spec, preprocess: { ...spec.preprocess, freq: null } }
  const judged = judgedSeries(series, spec.preprocess)
  const reach = reachOf(onGrid)
  const judge = spec.update === 'online' ? judgeInTurn : scoreRows
  const refitting = createRefitting(onGrid, options)
  const blocks: ScoredSeries[] = []
  const { timestamps } = judged

  /** The points that a model fitted before point `end` sees, and their rows where they are the batch's own. */
  const pointsBefore = (end: number) => {
    let begin = Math.max(0, end - options.maxPoints)
    while (begin < end && timestamps[begin]! < timestamps[end - 1]! - options.maxAgeMs) begin++
    const own = options.features
    if (!own) return { series: sliceSeries(judged, begin, end) }
    const before = (limit: number) => firstNotBefore(own.timestamps, limit)
    const until = end < timestamps.length ? before(timestamps[end]!) : own.timestamps.length
    return {
      series: sliceSeries(judged, begin, end),
      features: sliceRows(own, end === begin ? until : before(timestamps[begin]!), until),
    }
  }

  /** The rows of points `begin` to `end`, the end excluded. */
  const rowsOfBlock = (begin: number, end: number) => {
    const past = sliceSeries(judged, Math.max(0, begin - reach), end)
    const rows = detectorRows(past, onGrid.preprocess, options.features)
    return rowsBetween(rows, timestamps[begin]!, timestamps[end] ?? Number.POSITIVE_INFINITY)
  }

  let passedStops = 0
  for (let point = 0; point < timestamps.length; ) {
    if (refitting.wait <= 0) {
      const { series: past, features: own } = pointsBefore(point)
      refitting.refit(past, own)
    }
    if (options.stops?.at[passedStops] === point) {
      options.stops.visit(point, refitting.model)
      passedStops++
    }
    const nextStop = options.stops?.at[passedStops] ?? Number.POSITIVE_INFINITY
    const next = Math.min(timestamps.length, point + refitting.wait, nextStop)
    refitting.passed(next - point)
    const { model } = refitting
    if (model) {
      const rows = rowsOfBlock(point, next)
      const ownRows = options.features !== undefined
      blocks.push(judge(model, onGrid, { judged, rows, ownRows, reasonsFrom: options.reasonsFrom ?? 0 }))
    }
    point = next
  }
  return {
    scored: joinScored(blocks),
    refit() {
      const { series: past, features: own } = pointsBefore(timestamps.length)
      return fitMetric(
        past,
        onGrid,
        own ? { metric: options.metric, features: own } : { metric: options.metric },
      )
    },
  }
}

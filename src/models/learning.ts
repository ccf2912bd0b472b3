import type { Series } from '../core/series.ts'
import {
  type DetectorRows,
  detectorRows,
  joinTimestamps,
  rowAt,
  rowsAfter,
  someRows,
} from './detector-rows.ts'
import { joinScored } from './join-scored.ts'
import { judgedSeries } from './judged-series.ts'
import type { MetricModel } from './metric-model.ts'
import type { ModelSpec } from './model-spec.ts'
import {
  type RowsToScore,
  type ScoredSeries,
  type ScoreOptions,
  scoreRows,
  selectRows,
} from './score-metric.ts'

/** Has the detectors that can learn from more rows. What makes their scores probabilities stays as it was in training. */
export function learnRows({ detectors }: MetricModel, rows: DetectorRows): void {
  for (const { model, window } of detectors) {
    const { data, timestamps, columns } = rows(window)
    // Copied, for the model may keep them.
    if (timestamps.length > 0) model.partialFit?.({ data: data.slice(), rows: timestamps.length, columns })
  }
}

/** The rows are what is learned from. */
export interface TurnOptions extends RowsToScore {
  /** Only points at or after this time are judged, and only these; all when not given. */
  readonly from?: number
  readonly wanted?: ReadonlySet<number>
}

/** Judges points one after the other, each by what the model has learned before it, and has the model learn from each of them right after. */
export function judgeInTurn(
  model: MetricModel,
  spec: ModelSpec,
  { from = Number.NEGATIVE_INFINITY, wanted, ...options }: TurnOptions,
): ScoredSeries {
  const blocks: ScoredSeries[] = []
  const { rows } = options
  for (const timestamp of timestampsOf(model, rows)) {
    const row = rowAt(rows, timestamp)
    if (timestamp >= from && (wanted?.has(timestamp) ?? true))
      blocks.push(scoreRows(model, spec, { ...options, rows: row }))
    learnRows(model, row)
  }
  return joinScored(blocks)
}

export interface LearnOptions extends ScoreOptions {
  /** Points after this time, epoch ms, are not learned from yet. */
  readonly until: number
}

/**
 * Judges the wanted points of a series, and has the model learn from those that it has not learned from yet, in the order of time. The scores of
 * points do not depend on which of them are wanted. A restated point that was learned from is judged by the model as it came, and not learned
 * again. `learned` is undefined when there was nothing to learn from.
 */
export function scoreAndLearn(
  model: MetricModel,
  spec: ModelSpec,
  series: Series,
  { until, features, reasonsFrom = 0, ...wanted }: LearnOptions,
): { readonly scored: ScoredSeries; readonly learned: MetricModel | undefined } {
  const judged = judgedSeries(series, spec.preprocess)
  const all = detectorRows(judged, spec.preprocess, features)
  const ownRows = features !== undefined
  const known = rowsAfter(all, Number.NEGATIVE_INFINITY, model.to)
  const before = scoreRows(model, spec, {
    judged,
    rows: someRows(known, (rows) => selectRows(rows, wanted)),
    ownRows,
    reasonsFrom,
  })
  const rows = rowsAfter(all, model.to, until)
  const after = judgeInTurn(model, spec, { judged, rows, ownRows, reasonsFrom, ...wanted })
  const points = timestampsOf(model, rows)
  const to = points.at(-1)
  return {
    scored: joinScored([before, after]),
    learned: to === undefined ? undefined : { ...model, to, count: model.count + points.length },
  }
}

const timestampsOf = ({ detectors }: MetricModel, rows: DetectorRows) =>
  joinTimestamps(detectors.map(({ window }) => rows(window).timestamps))

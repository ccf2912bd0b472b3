import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import { combine } from '../detectors/combination.ts'
import { toProbability } from '../detectors/probability.ts'
import type { Features } from '../timeseries/features.ts'
import { roundTo } from '../timeseries/round.ts'
import { expectedAt } from './expectation.ts'
import { explain, type Opinion } from './explain.ts'
import { judgedSeries, rowsOf } from './judged-series.ts'
import type { MetricModel } from './metric-model.ts'
import type { ModelSpec } from './model-spec.ts'
import { firstNotBefore } from './positions.ts'

/** Judged points in columns of one length, ascending in time. With a `freq` they are the resampled points, not the raw ones. */
export interface ScoredSeries {
  readonly timestamps: Float64Array
  /** What was judged. */
  readonly values: Float64Array
  /** Combined probability, 0..1, rounded as the batch wants it. */
  readonly scores: Float64Array
  /** What was expected, and the range that values usually lie in. NaN where there was nothing to expect it from. */
  readonly expected: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
  /** One plain sentence each; empty where the score is below `reasonsFrom`. */
  readonly reasons: readonly string[]
  /** What each detector says, 0..1. */
  readonly opinions: readonly {
    readonly name: string
    readonly tag: string
    readonly probabilities: Float64Array
  }[]
}

export interface ScoreOptions {
  /** Only points at or after this time, epoch ms; those before are context. */
  readonly from?: number
  /** Only these points, epoch ms. */
  readonly wanted?: ReadonlySet<number>
  /** Rows made by the batch's own preprocessing. */
  readonly features?: Features
  /** Reasons are given for scores at or above this; all by default. */
  readonly reasonsFrom?: number
}

/** Scores rows that were made of a judged series. Each row is judged by itself, so any part of them gets the same scores. */
export function scoreRows(
  model: MetricModel,
  spec: ModelSpec,
  {
    judged,
    features,
    reasonsFrom = 0,
  }: { readonly judged: Series; readonly features: Features; readonly reasonsFrom?: number },
): ScoredSeries {
  const { expectation } = model
  const rows = features.timestamps.length
  if (rows > 0 && features.columns !== model.columns)
    throw new AnomstackError(
      'MODEL_INVALID',
      `was fitted to rows of ${model.columns} columns and got ${features.columns}; train again`,
      {
        at: { metric: model.metric },
      },
    )
  const matrix = { data: features.data, rows, columns: features.columns }
  const opinions = model.detectors.map(({ name, tag, model: fitted, scale }) => ({
    name,
    tag,
    probabilities: rows === 0 ? new Float64Array() : toProbability(fitted.score(matrix), scale),
  }))
  const window = spec.preprocess.lags_n + Math.max(0, spec.preprocess.smooth_n - 1)
  const column = () => new Float64Array(rows)
  const [values, expected, lower, upper] = [column(), column(), column(), column()]
  const combined = combine(
    opinions.map(({ probabilities }) => probabilities),
    spec.combination,
  )
  const scores = combined.map((score) => roundTo(score, spec.scoreRounding))
  const reasons: string[] = []
  const opinionsOf = (row: number) =>
    opinions.map(({ name, probabilities }): Opinion => ({ name, probability: probabilities[row]! }))
  let index = 0
  for (let row = 0; row < rows; row++) {
    const timestamp = features.timestamps[row]!
    // The point itself or, where the batch's own preprocessing invents timestamps, the newest before it.
    const next = firstNotBefore(judged.timestamps, timestamp, index)
    index = judged.timestamps[next] === timestamp ? next : Math.max(0, next - 1)
    const centre = expectedAt(expectation, judged.values, index)
    values[row] = judged.values[index]!
    expected[row] = centre
    lower[row] = centre - expectation.width
    upper[row] = centre + expectation.width
    reasons.push(
      scores[row]! >= reasonsFrom
        ? explain({ values: judged.values, index, window }, expectation, opinionsOf(row))
        : '',
    )
  }
  return { timestamps: features.timestamps, values, scores, expected, lower, upper, reasons, opinions }
}

/** Rows `begin` to `end`, the end excluded, without a copy. */
export function sliceRows(
  { timestamps, data, columns, names }: Features,
  begin: number,
  end: number,
): Features {
  return {
    timestamps: timestamps.subarray(begin, end),
    data: data.subarray(begin * columns, end * columns),
    columns,
    names,
  }
}

function selectRows(features: Features, { from, wanted }: ScoreOptions): Features {
  const { timestamps, data, columns, names } = features
  const begin = from === undefined ? 0 : firstNotBefore(timestamps, from)
  const recent = sliceRows(features, begin, timestamps.length)
  if (!wanted) return recent
  const rows: number[] = []
  for (let row = begin; row < timestamps.length; row++) if (wanted.has(timestamps[row]!)) rows.push(row)
  const selected = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    selected.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { timestamps: Float64Array.from(rows, (row) => timestamps[row]!), data: selected, columns, names }
}

/**
 * Scores the points of a series, which must begin early enough for the first wanted one to have its lags. Points without complete lags are
 * left out. Throws `MODEL_INVALID` when the model was fitted to rows of another width.
 */
export function scoreMetric(
  model: MetricModel,
  spec: ModelSpec,
  series: Series,
  options: ScoreOptions = {},
): ScoredSeries {
  const judged = judgedSeries(series, spec.preprocess)
  const features = selectRows(options.features ?? rowsOf(judged, spec.preprocess), options)
  return scoreRows(model, spec, { judged, features, reasonsFrom: options.reasonsFrom ?? 0 })
}

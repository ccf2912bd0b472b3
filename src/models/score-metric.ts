import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import { combine } from '../detectors/combination.ts'
import type { Verdicts } from '../detectors/detector.ts'
import { labelsOf, toProbability } from '../detectors/probability.ts'
import type { Features } from '../timeseries/features.ts'
import { roundTo } from '../timeseries/round.ts'
import { type DetectorRows, detectorRows, joinTimestamps, sliceRows, someRows } from './detector-rows.ts'
import { findDrivers, meaningOf } from './drivers.ts'
import { expectedAt } from './expectation.ts'
import { explain, type Opinion } from './explain.ts'
import { judgedSeries } from './judged-series.ts'
import type { FittedDetector, MetricModel } from './metric-model.ts'
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
  /** What each detector says, 0..1; NaN of points that it has no row of. */
  readonly opinions: readonly {
    readonly name: string
    readonly tag: string
    readonly probabilities: Float64Array
  }[]
  /** Of a model that decides by itself when to alert: how strange each point is, from where on it alerts, and 1 where a new alert begins. NaN and 0 of points that
   * it has not judged. */
  readonly strangeness?: Float64Array
  readonly levels?: Float64Array
  readonly begins?: Uint8Array
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

/** What a detector says of the points that it has a row of. */
interface Judgement {
  readonly timestamps: Float64Array
  readonly probabilities: Float64Array
  /** What is joined with that of the others: the probabilities or, for a vote, labels. */
  readonly ballots: Float64Array
  readonly verdicts?: Verdicts | undefined
}

function judge(
  { model, scale, window, threshold }: FittedDetector,
  rows: DetectorRows,
  { metric, columns: wanted }: MetricModel,
): Judgement {
  const { timestamps, data, columns } = rows(window)
  if (timestamps.length === 0) return { timestamps, probabilities: timestamps, ballots: timestamps }
  const matrix = { data, rows: timestamps.length, columns }
  if (window === undefined && columns !== wanted)
    throw new AnomstackError(
      'MODEL_INVALID',
      `was fitted to rows of ${wanted} columns and got ${columns}; train again`,
      { at: { metric } },
    )
  const verdicts = model.verdicts?.(matrix)
  const scores = verdicts?.scores ?? model.score(matrix)
  const probabilities = toProbability(scores, scale)
  const ballots = threshold === undefined ? probabilities : Float64Array.from(labelsOf(scores, threshold))
  return { timestamps, probabilities, ballots, verdicts }
}

/** Values at some of the timestamps, as a column for all of them. */
function spread(values: Float64Array, from: Float64Array, onto: Float64Array): Float64Array {
  if (from === onto) return values
  const column = new Float64Array(onto.length).fill(Number.NaN)
  let at = 0
  from.forEach((timestamp, index) => {
    at = firstNotBefore(onto, timestamp, at)
    column[at] = values[index]!
  })
  return column
}

/** How many points before a point are looked at for the reason of its score: those that the rows of its detectors hold. */
function windowOfReasons(
  { detectors }: MetricModel,
  { preprocess: { lags_n, smooth_n } }: ModelSpec,
): number {
  const ofBatch = lags_n + Math.max(0, smooth_n - 1)
  return Math.max(
    ...detectors.map(({ window }) => (window === undefined ? ofBatch : window === 'time' ? 0 : window - 1)),
  )
}

export interface RowsToScore {
  readonly judged: Series
  readonly rows: DetectorRows
  /** Whether the batch's own preprocessing has made its rows. */
  readonly ownRows?: boolean
  readonly reasonsFrom?: number
}

/** Scores rows that were made of a judged series. Each row is judged by itself, so any part of them gets the same scores. A point that a
 * detector has no row of is judged by the others. */
export function scoreRows(
  model: MetricModel,
  spec: ModelSpec,
  { judged, rows, ownRows = false, reasonsFrom = 0 }: RowsToScore,
): ScoredSeries {
  const { expectation } = model
  const judgements = model.detectors.map((detector) => judge(detector, rows, model))
  const timestamps = joinTimestamps(judgements.map((each) => each.timestamps))
  const opinions = model.detectors.map(({ name, tag }, index) => {
    const { timestamps: own, probabilities } = judgements[index]!
    return { name, tag, probabilities: spread(probabilities, own, timestamps) }
  })
  const combined = combine(
    judgements.map(({ ballots, timestamps: own }) => spread(ballots, own, timestamps)),
    spec.combination,
    spec.buckets,
  )
  const scores = combined.map((score) => roundTo(score, spec.scoreRounding))
  const column = () => new Float64Array(timestamps.length)
  const [values, expected, lower, upper] = [column(), column(), column(), column()]
  const reasons: string[] = []
  const opinionsOf = (row: number) =>
    opinions.flatMap(({ name, probabilities }): Opinion[] => {
      const probability = probabilities[row]!
      return Number.isNaN(probability) ? [] : [{ name, probability }]
    })
  let index = 0
  const own = judgements.find(({ verdicts }) => verdicts !== undefined)
  let ownRow = 0
  const asked: number[] = []
  for (let row = 0; own === undefined && row < scores.length; row++)
    if (scores[row]! >= reasonsFrom) asked.push(row)
  // Points that are judged one after the other mostly have no reason to look for.
  const drivers =
    asked.length > 0
      ? findDrivers(
          model,
          { timestamps, opinions, rows },
          { asked, meaning: meaningOf(spec.preprocess, ownRows) },
        )
      : undefined
  for (let row = 0; row < timestamps.length; row++) {
    const timestamp = timestamps[row]!
    // The point itself or, where the batch's own preprocessing invents timestamps, the newest before it.
    const next = firstNotBefore(judged.timestamps, timestamp, index)
    index = judged.timestamps[next] === timestamp ? next : Math.max(0, next - 1)
    const centre = expectedAt(expectation, judged.values, index)
    values[row] = judged.values[index]!
    expected[row] = centre
    lower[row] = centre - expectation.width
    upper[row] = centre + expectation.width
    if (own?.verdicts !== undefined && own.timestamps[ownRow] === timestamp) {
      expected[row] = own.verdicts.expected[ownRow]!
      lower[row] = own.verdicts.lower[ownRow]!
      upper[row] = own.verdicts.upper[ownRow]!
      reasons.push(scores[row]! >= reasonsFrom ? own.verdicts.reason(ownRow) : '')
      ownRow++
      continue
    }
    reasons.push(
      scores[row]! >= reasonsFrom
        ? explain(
            {
              values: judged.values,
              index,
              window: windowOfReasons(model, spec),
              driver: drivers?.get(row),
            },
            expectation,
            opinionsOf(row),
          )
        : '',
    )
  }
  const decided = judgements.length === 1 ? own?.verdicts : undefined
  return {
    timestamps,
    values,
    scores,
    expected,
    lower,
    upper,
    reasons,
    opinions,
    ...(decided && { strangeness: decided.strangeness, levels: decided.levels, begins: decided.begins }),
  }
}

/** Those that are wanted. */
export function selectRows(
  features: Features,
  { from, wanted }: Pick<ScoreOptions, 'from' | 'wanted'>,
): Features {
  const { timestamps, data, columns, names } = features
  const begin = from === undefined ? 0 : firstNotBefore(timestamps, from)
  if (!wanted) return sliceRows(features, begin, timestamps.length)
  const rows: number[] = []
  for (let row = begin; row < timestamps.length; row++) if (wanted.has(timestamps[row]!)) rows.push(row)
  const selected = new Float64Array(rows.length * columns)
  rows.forEach((row, i) => {
    selected.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { timestamps: Float64Array.from(rows, (row) => timestamps[row]!), data: selected, columns, names }
}

/**
 * Scores the points of a series, which must begin early enough for the first wanted one to have its rows. Points without any row are left out.
 * Throws `MODEL_INVALID` when the model was fitted to rows of another width.
 */
export function scoreMetric(
  model: MetricModel,
  spec: ModelSpec,
  series: Series,
  options: ScoreOptions = {},
): ScoredSeries {
  const judged = judgedSeries(series, spec.preprocess)
  const all = detectorRows(judged, spec.preprocess, options.features)
  const rows = someRows(all, (features) => selectRows(features, options))
  return scoreRows(model, spec, {
    judged,
    rows,
    ownRows: options.features !== undefined,
    reasonsFrom: options.reasonsFrom ?? 0,
  })
}

import { AnomstackError, messageOf } from '../core/errors.ts'
import { createRandom, hashText } from '../core/random.ts'
import type { Series } from '../core/series.ts'
import type { Feedback, Fitted, Model } from '../detectors/detector.ts'
import { findDetector } from '../detectors/index.ts'
import { linearScale, type Scale, thresholdOf } from '../detectors/probability.ts'
import type { Features } from '../timeseries/features.ts'
import { detectorPython } from './detector-python.ts'
import { type DetectorRows, detectorRows, leastPoints, type RowWindow, windowOf } from './detector-rows.ts'
import { type Expectation, fitExpectation } from './expectation.ts'
import { judgedSeries } from './judged-series.ts'
import type { ConfiguredDetector, ModelSpec } from './model-spec.ts'

/** Everything learned of one metric. */
export interface MetricModel {
  readonly metric: string
  readonly detectors: readonly FittedDetector[]
  readonly expectation: Expectation
  /** Width of the batch's rows that detectors were fitted to; 0 where none was. */
  readonly columns: number
  /** First and last timestamp that it has learned from, epoch ms. */
  readonly from: number
  readonly to: number
  /** Points that it has learned from, resampled ones where there is a `freq`. */
  readonly count: number
}

export interface FittedDetector {
  /** As the batch names it. */
  readonly name: string
  readonly tag: string
  readonly model: Model
  /** Of the training scores, which makes a score a probability. */
  readonly scale: Scale
  /** What its rows are. */
  readonly window?: Exclude<RowWindow, undefined>
  /** The score above which a point is an outlier, where labels are what is joined. */
  readonly threshold?: number
}

export type FitResult =
  | { readonly status: 'learning'; readonly points: number; readonly needed: number }
  | { readonly status: 'fitted'; readonly model: MetricModel; readonly problems: readonly string[] }

/** Of detectors that have no such option: those of the user's own Python. */
const CONTAMINATION = 0.1

export interface FitOptions {
  readonly metric: string
  /** Rows made by the batch's own preprocessing, in place of the built-in one. */
  readonly features?: Features
  /** What people said of alerts of the metric. */
  readonly feedback?: Feedback
}

interface DetectorFit {
  readonly rows: DetectorRows
  readonly spec: ModelSpec
  readonly metric: string
  readonly feedback: Feedback | undefined
}

function fitDetector(
  { name, tag, params }: ConfiguredDetector,
  { rows, spec, metric, feedback }: DetectorFit,
): FittedDetector {
  const detector = findDetector(name)
  if (!detector) throw new AnomstackError('TRAINING_IMPOSSIBLE', `there is no detector "${name}"`)
  const options = detector.options.parse(params)
  const window = windowOf({ name, params })
  const { data, columns, timestamps } = rows(window)
  const random = createRandom(hashText(JSON.stringify([spec.seed, tag, metric])))
  const fitted = detector.fit({ data, rows: timestamps.length, columns }, options, {
    random,
    feedback,
    ...(spec.python === undefined ? {} : { python: detectorPython(spec.python) }),
  })
  return {
    name,
    tag,
    model: fitted.model,
    scale: linearScale(fitted.trainExtremes ?? fitted.trainScores),
    ...(window === undefined ? {} : { window }),
    ...(spec.combination === 'majority_vote' ? { threshold: labelThreshold(fitted, options) } : {}),
  }
}

function labelThreshold(fitted: Fitted, options: Readonly<Record<string, unknown>>): number {
  const contamination = typeof options.contamination === 'number' ? options.contamination : CONTAMINATION
  return fitted.threshold ?? thresholdOf(fitted.trainScores, contamination)
}

/**
 * Fits the detectors of `spec` to a series. One that cannot be fitted is left out and named in `problems`; throws `TRAINING_IMPOSSIBLE` when
 * none can be. Everything random depends on the metric's name and `spec.seed` alone.
 */
export function fitMetric(
  series: Series,
  spec: ModelSpec,
  { metric, features: own, feedback }: FitOptions,
): FitResult {
  const judged = judgedSeries(series, spec.preprocess)
  const points = judged.values.reduce((count, value) => (Number.isNaN(value) ? count : count + 1), 0)
  const needed = Math.max(spec.minPoints, leastPoints(spec, own !== undefined))
  if (points < needed) return { status: 'learning', points, needed }

  const rows = detectorRows(judged, spec.preprocess, own)
  const impossible = (problem: string) =>
    new AnomstackError('TRAINING_IMPOSSIBLE', problem, { at: { metric } })
  if (spec.detectors.every((detector) => rows(windowOf(detector)).timestamps.length === 0))
    throw impossible(`none of its ${points} points has enough points without a gap before it to be judged by`)

  const detectors: FittedDetector[] = []
  const problems: string[] = []
  for (const configured of spec.detectors) {
    try {
      detectors.push(fitDetector(configured, { rows, spec, metric, feedback }))
    } catch (error) {
      problems.push(
        `${configured.tag} is left out: ${error instanceof AnomstackError ? error.problem : messageOf(error)}`,
      )
    }
  }
  if (detectors.length === 0) throw impossible(problems.join('; '))
  const model: MetricModel = {
    metric,
    detectors,
    expectation: fitExpectation(
      judged.values,
      own ? Math.min(1, spec.preprocess.diff_n) : spec.preprocess.diff_n,
    ),
    columns: detectors.some(({ window }) => window === undefined) ? rows(undefined).columns : 0,
    from: judged.timestamps[0]!,
    to: judged.timestamps.at(-1)!,
    count: points,
  }
  return { status: 'fitted', model, problems }
}

import { AnomstackError, messageOf } from '../core/errors.ts'
import { createRandom, hashText } from '../core/random.ts'
import type { Series } from '../core/series.ts'
import type { Model } from '../detectors/detector.ts'
import { findDetector } from '../detectors/index.ts'
import { linearScale, type Scale } from '../detectors/probability.ts'
import type { Features } from '../timeseries/features.ts'
import { warmup } from '../timeseries/preprocess.ts'
import { detectorPython } from './detector-python.ts'
import { type Expectation, fitExpectation } from './expectation.ts'
import { judgedSeries, rowsOf } from './judged-series.ts'
import type { ModelSpec, PythonSettings } from './model-spec.ts'

/** Everything learned of one metric. */
export interface MetricModel {
  readonly metric: string
  readonly detectors: readonly FittedDetector[]
  readonly expectation: Expectation
  /** Width of the rows that the detectors were fitted to. */
  readonly columns: number
  /** First and last training timestamp, epoch ms. */
  readonly from: number
  readonly to: number
  /** Training points, resampled ones where there is a `freq`. */
  readonly count: number
}

export interface FittedDetector {
  /** As the batch names it. */
  readonly name: string
  readonly tag: string
  readonly model: Model
  /** Of the training scores, which makes a score a probability. */
  readonly scale: Scale
}

export type FitResult =
  | { readonly status: 'learning'; readonly points: number; readonly needed: number }
  | { readonly status: 'fitted'; readonly model: MetricModel; readonly problems: readonly string[] }

export interface FitOptions {
  readonly metric: string
  /** Rows made by the batch's own preprocessing, in place of the built-in one. */
  readonly features?: Features
}

function fitDetector(
  { name, tag, params }: ModelSpec['detectors'][number],
  features: Features,
  { seed, python }: { readonly seed: number; readonly python: PythonSettings | undefined },
): FittedDetector {
  const detector = findDetector(name)
  if (!detector) throw new AnomstackError('TRAINING_IMPOSSIBLE', `there is no detector "${name}"`)
  const { data, columns, timestamps } = features
  const random = createRandom(seed)
  const fitted = detector.fit({ data, rows: timestamps.length, columns }, detector.options.parse(params), {
    random,
    ...(python === undefined ? {} : { python: detectorPython(python) }),
  })
  return { name, tag, model: fitted.model, scale: linearScale(fitted.trainExtremes ?? fitted.trainScores) }
}

/**
 * Fits the detectors of `spec` to a series. One that cannot be fitted is left out and named in `problems`; throws `TRAINING_IMPOSSIBLE` when
 * none can be. Everything random depends on the metric's name and `spec.seed` alone.
 */
export function fitMetric(series: Series, spec: ModelSpec, { metric, features: own }: FitOptions): FitResult {
  const judged = judgedSeries(series, spec.preprocess)
  const points = judged.values.reduce((count, value) => (Number.isNaN(value) ? count : count + 1), 0)
  const needed = own ? spec.minPoints : Math.max(spec.minPoints, warmup(spec.preprocess) + 1)
  if (points < needed) return { status: 'learning', points, needed }

  const features = own ?? rowsOf(judged, spec.preprocess)
  const impossible = (problem: string) =>
    new AnomstackError('TRAINING_IMPOSSIBLE', problem, { at: { metric } })
  if (features.timestamps.length === 0)
    throw impossible(`none of its ${points} points has enough points without a gap before it to be judged by`)

  const detectors: FittedDetector[] = []
  const problems: string[] = []
  for (const configured of spec.detectors) {
    try {
      const seed = hashText(JSON.stringify([spec.seed, configured.tag, metric]))
      detectors.push(fitDetector(configured, features, { seed, python: spec.python }))
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
    columns: features.columns,
    from: judged.timestamps[0]!,
    to: judged.timestamps.at(-1)!,
    count: points,
  }
  return { status: 'fitted', model, problems }
}

import { AnomstackError } from '../../core/errors.ts'
import { createRandom, hashText } from '../../core/random.ts'
import type { Series } from '../../core/series.ts'
import {
  ANOMALY_KINDS,
  drawInjection,
  type Injection,
  injectAnomaly,
  noiseOf,
} from '../../timeseries/inject-anomaly.ts'
import { reachOf } from '../detector-rows.ts'
import { judgedSeries } from '../judged-series.ts'
import { fitMetric, type MetricModel } from '../metric-model.ts'
import type { ModelSpec } from '../model-spec.ts'
import { scoreMetric } from '../score-metric.ts'
import { averagePrecision } from './average-precision.ts'

/** A metric on which ways to judge are compared. */
export interface Trial {
  readonly metric: string
  readonly series: Series
  /** What people said of points, by timestamp: true for a good catch, false for a false alarm. */
  readonly feedback?: ReadonlyMap<number, boolean>
}

/** The held-out stretch of a series, as shares of its length: a model is fitted to what lies before. */
export interface Holdout {
  readonly from: number
  readonly to: number
}

/** Injected anomalies are so many spreads of noise high: plain to people, and still missed by a bad choice. */
const SIZE = 6
const EACH_KIND = 2
/** Points within which an anomaly is to be seen. */
const IN_TIME = 12
/** With fewer good catches in the held-out stretch, anomalies are injected too. */
const ENOUGH_CATCHES = 3

/**
 * Average precision (0..1) of a way to judge one metric: fitted to the points before the held-out stretch, it should score anomalies there above all
 * other points. Anomalies are those that people confirmed or, where these are few, injected ones of every kind, the same for every candidate.
 * NaN where the metric cannot be judged so.
 */
export function judgeCandidate(
  { metric, series, feedback }: Trial,
  spec: ModelSpec,
  holdout: Holdout,
): number {
  const judged = judgedSeries(series, spec.preprocess)
  const onGrid: ModelSpec = { ...spec, preprocess: { ...spec.preprocess, freq: null } }
  const from = Math.floor(judged.values.length * holdout.from)
  const to = Math.floor(judged.values.length * holdout.to)
  const model = fitBefore(judged, from, { spec: onGrid, metric })
  if (model === undefined || to - from < 2) return Number.NaN
  const past = slice(judged, 0, to)
  const clean = scoreMetric(model, onGrid, past, {
    from: judged.timestamps[from]!,
    reasonsFrom: Number.POSITIVE_INFINITY,
  })
  const positives: number[] = []
  const negatives: number[] = []
  clean.timestamps.forEach((timestamp, i) => {
    const score = opinion(clean.scores[i]!)
    if (feedback?.get(timestamp) === true) positives.push(score)
    else negatives.push(score)
  })
  if (positives.length < ENOUGH_CATCHES) {
    const noise = noiseOf(past.values)
    for (const injection of injections(metric, { from, to })) {
      const score = scoreInjected(model, onGrid, { past, injection, noise })
      if (score !== undefined) positives.push(score)
    }
  }
  return averagePrecision(positives, negatives)
}

const slice = ({ timestamps, values }: Series, from: number, to: number): Series => ({
  timestamps: timestamps.subarray(from, to),
  values: values.subarray(from, to),
})

/** Who has no opinion raises no alert. */
const opinion = (score: number) => (Number.isNaN(score) ? 0 : score)

function fitBefore(
  judged: Series,
  end: number,
  { spec, metric }: { readonly spec: ModelSpec; readonly metric: string },
): MetricModel | undefined {
  try {
    const fitted = fitMetric(slice(judged, 0, end), spec, { metric })
    return fitted.status === 'fitted' && fitted.problems.length === 0 ? fitted.model : undefined
  } catch (error) {
    if (error instanceof AnomstackError) return undefined
    throw error
  }
}

function injections(
  metric: string,
  { from, to }: { readonly from: number; readonly to: number },
): readonly Injection[] {
  const random = createRandom(hashText(`injections:${metric}`))
  const longest = Math.max(2, Math.min(IN_TIME, (to - from) >> 2))
  return ANOMALY_KINDS.flatMap((kind) =>
    Array.from({ length: EACH_KIND }, () => drawInjection(random, kind, { from, to, longest, size: SIZE })),
  )
}

/** The highest score while the anomaly lasts; undefined where no point of it could be judged. */
function scoreInjected(
  model: MetricModel,
  spec: ModelSpec,
  {
    past,
    injection,
    noise,
  }: { readonly past: Series; readonly injection: Injection; readonly noise: number },
): number | undefined {
  const { at, length } = injection
  const begin = Math.max(0, at - reachOf(spec) - 1)
  const end = at + length
  const changed = injectAnomaly(past.values, injection, noise)
  const scored = scoreMetric(
    model,
    spec,
    slice({ timestamps: past.timestamps, values: changed }, begin, end),
    { from: past.timestamps[at]!, reasonsFrom: Number.POSITIVE_INFINITY },
  )
  return scored.scores.length === 0
    ? undefined
    : scored.scores.reduce((most, score) => Math.max(most, opinion(score)), 0)
}

import type { Series } from '../../core/series.ts'
import { ANOMALY_KINDS, type AnomalyKind, injectAnomaly, noiseOf } from '../../timeseries/inject-anomaly.ts'
import { decodeModel, encodeModel } from '../codec.ts'
import { detectorRows, reachOf, rowsBetween } from '../detector-rows.ts'
import { joinScored } from '../join-scored.ts'
import { judgedSeries } from '../judged-series.ts'
import { judgeInTurn } from '../learning.ts'
import type { MetricModel } from '../metric-model.ts'
import type { ModelSpec } from '../model-spec.ts'
import { firstNotBefore } from '../positions.ts'
import type { ReplayOptions } from '../replay-options.ts'
import { replaySeries } from '../replay-series.ts'
import { type ScoredSeries, scoreRows } from '../score-metric.ts'

/** A metric that anomalies are put into. */
export interface ProbeItem {
  readonly metric: string
  readonly series: Series
  /** Where an anomaly begins, each time in a copy of the series: timestamps of judged points, ascending, epoch ms. */
  readonly at: readonly number[]
}

export interface ProbeSettings extends Omit<ReplayOptions, 'metric' | 'reasonsFrom'> {
  /** In robust spreads of the series' own noise, ascending. */
  readonly sizes: readonly number[]
  /** Points, from the first of the anomaly on, that are judged. */
  readonly within: number
}

/** Anomalies with what a model of the points before says of their points. */
export interface Probe {
  /** Standard deviation of the noise, which sizes are multiples of. */
  readonly noise: number
  readonly trials: readonly ProbedAnomaly[]
  /** The points of all trials, one trial after the other. */
  readonly scored: ScoredSeries
}

export interface ProbedAnomaly {
  readonly kind: AnomalyKind
  readonly size: number
  /** Its first point, epoch ms. */
  readonly at: number
  /** Its rows of `scored`, the end excluded. */
  readonly begin: number
  readonly end: number
}

/**
 * Puts anomalies of every kind and size into copies of a series, one into each, and has their points judged by the model that a replay has at that
 * place: the way there is replayed once, and no copy sees another. While an anomaly lasts, models learn from its points where they learn point by point,
 * and are not fitted anew.
 */
export function probeSeries(
  { metric, series, at }: ProbeItem,
  spec: ModelSpec,
  settings: ProbeSettings,
): Probe {
  const { sizes, within, ...replay } = settings
  const judged = judgedSeries(series, spec.preprocess)
  const onGrid: ModelSpec = { ...spec, preprocess: { ...spec.preprocess, freq: null } }
  const noise = noiseOf(judged.values)
  const blocks: ScoredSeries[] = []
  const trials: ProbedAnomaly[] = []
  let rows = 0
  const visit = (point: number, model: MetricModel | undefined) => {
    if (model === undefined) return
    const copyOf = copier(model, onGrid)
    const upwards = at.indexOf(judged.timestamps[point]!) % 2 === 0
    for (const kind of ANOMALY_KINDS)
      for (const size of kind === 'flat line' ? sizes.slice(-1) : sizes) {
        const anomaly = { kind, size: upwards || !TWO_WAYS.has(kind) ? size : -size, point, within }
        const scored = judgeInjected(copyOf(), onGrid, { judged, noise, anomaly })
        const begin = rows
        rows += scored.timestamps.length
        blocks.push(scored)
        trials.push({ kind, size, at: judged.timestamps[point]!, begin, end: rows })
      }
  }
  const stops = at.map((time) => firstNotBefore(judged.timestamps, time))
  replaySeries(series, spec, {
    ...replay,
    metric,
    reasonsFrom: Number.POSITIVE_INFINITY,
    stops: { at: stops, visit },
  })
  return { noise, trials, scored: joinScored(blocks) }
}

/** Half of them go up, half go down. */
const TWO_WAYS: ReadonlySet<AnomalyKind> = new Set(['level shift', 'trend break'])

/** A model to go on with; what learns is copied, so that one does not learn from the anomaly of another. */
function copier(model: MetricModel, spec: ModelSpec): () => MetricModel {
  if (spec.update !== 'online') return () => model
  const bytes = encodeModel(model)
  return () => decodeModel(bytes, spec.python)
}

/** An anomaly of huge values may lie beyond the largest number; gaps stay gaps. */
const clamped = (value: number) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))

interface Injected {
  readonly judged: Series
  readonly noise: number
  readonly anomaly: {
    readonly kind: AnomalyKind
    /** Negative for one that goes down. */
    readonly size: number
    readonly point: number
    readonly within: number
  }
}

function judgeInjected(
  model: MetricModel,
  spec: ModelSpec,
  { judged: { timestamps, values }, noise, anomaly: { kind, size, point, within } }: Injected,
): ScoredSeries {
  const begin = Math.max(0, point - reachOf(spec) - 1)
  const end = Math.min(values.length, point + within)
  const length = kind === 'spike' || kind === 'dip' ? 1 : end - point
  const changed: Series = {
    timestamps: timestamps.subarray(begin, end),
    values: injectAnomaly(values.subarray(begin, end), { kind, at: point - begin, length, size }, noise).map(
      clamped,
    ),
  }
  const rows = rowsBetween(
    detectorRows(changed, spec.preprocess),
    timestamps[point]!,
    Number.POSITIVE_INFINITY,
  )
  const judge = spec.update === 'online' ? judgeInTurn : scoreRows
  return judge(model, spec, { judged: changed, rows, reasonsFrom: Number.POSITIVE_INFINITY })
}

import { isStockTemplate } from '../config/stock-templates.ts'
import { parseDuration } from '../core/duration.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import { judgedSeries } from '../models/judged-series.ts'
import { type PreprocessParams, warmup } from '../timeseries/preprocess.ts'
import { judgeableCount } from './cadence.ts'
import type { JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { hasOwnPreprocessing } from './model-spec-of.ts'
import type { Reach } from './reach.ts'
import { firstUnseen, unscored } from './unscored.ts'

const DAY = 86_400_000

/** Points beyond the window of scoring that a batch's own preprocessing may look back on. */
const OWN_WARMUP = 100

/** Points more than the lags need, so that a gap does not cut them short. */
const SPARE = 4

/** A metric with points to score. */
export interface Candidate {
  readonly metric: string
  /** With the points before the first unscored one that its lags need. */
  readonly series: Series
  /** Timestamps to score. */
  readonly wanted: ReadonlySet<number>
}

export interface Unscored {
  readonly candidates: readonly Candidate[]
  /** Metrics with more points to score than were looked at: they are no candidates yet. */
  readonly behind: readonly string[]
}

/** What scoring looks at as a rule: the points that may be scored, and those before them that their lags reach back to. */
export function usualReach({ batch }: JobContext, preprocess: PreprocessParams): Reach {
  return { points: batch.settings.score_max_n + lookBack(batch.settings, preprocess) }
}

function lookBack(settings: JobContext['batch']['settings'], preprocess: PreprocessParams): number {
  return warmup(preprocess) + (hasOwnPreprocessing(settings) ? OWN_WARMUP : SPARE)
}

/** Looks for points without a score, and for scores of values that were restated. */
export async function findUnscored(
  context: JobContext,
  preprocess: PreprocessParams,
  { metrics, points: maxPoints }: Reach,
): Promise<Unscored> {
  const { batch, clock } = context
  const { settings } = batch
  const now = clock.now()
  const oldest = now - settings.score_metric_timestamp_max_days_ago * DAY
  const reach = lookBack(settings, preprocess)
  const freq = preprocess.freq === null ? undefined : parseDuration(preprocess.freq)
  // Raw points per resampled one are not known, so there the window is bounded by time alone, from the start of a bucket on.
  const bounds =
    freq === undefined
      ? { since: oldest - reach * DAY, maxPoints }
      : { since: Math.floor((oldest - reach * freq) / freq) * freq }
  const history = await loadHistory(context, 'score_sql', {
    types: ['metric', 'score'],
    until: now,
    metadataOf: ['score'],
    ...bounds,
    ...(metrics === undefined ? {} : { metrics }),
  })
  const bounded = freq === undefined && isStockTemplate('score_sql', settings.score_sql)
  const excluded = new Set(settings.score_exclude_metrics)
  const candidates: Candidate[] = []
  const behind: string[] = []
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || listsMetric(excluded, metric)) continue
    const judged = judgedSeries(all, preprocess)
    const count = judgeableCount(judged.timestamps, settings, now)
    const scores = points.get('score')
    const more = bounded && all.timestamps.length >= maxPoints
    if (more && scores !== undefined && firstUnseen(judged, scores) < reach) {
      behind.push(metric)
      continue
    }
    const wanted = unscored(judged, count, scores, settings).filter((timestamp) => timestamp >= oldest)
    if (wanted.length > 0) candidates.push({ metric, series: all, wanted: new Set(wanted) })
  }
  return { candidates, behind }
}

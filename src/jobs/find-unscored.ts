import { isStockTemplate } from '../config/stock-templates.ts'
import { parseDuration } from '../core/duration.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import { reachOf } from '../models/detector-rows.ts'
import { judgedSeries } from '../models/judged-series.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { StoredBundle } from '../models/model-store.ts'
import { firstNotBefore } from '../models/positions.ts'
import { firstOpenBucket, judgeableCount } from './cadence.ts'
import type { JobContext } from './job.ts'
import { learnedUntil } from './learned-until.ts'
import { loadHistory } from './load-history.ts'
import { hasOwnPreprocessing } from './model-spec-of.ts'
import type { Reach } from './reach.ts'
import { firstUnseen, unscored } from './unscored.ts'

const DAY = 86_400_000

/** Points beyond the window of scoring that a batch's own preprocessing may look back on. */
const OWN_WARMUP = 100

/** Points more than the rows need, so that a gap does not cut them short. */
const SPARE = 4

/** A metric with points to score, or to learn from. */
export interface Candidate {
  readonly metric: string
  /** With the points before the first unscored one that its rows need. */
  readonly series: Series
  /** Timestamps to score. */
  readonly wanted: ReadonlySet<number>
  /** Where models learn point by point: the newest point that may be learned from. */
  readonly learnUntil?: number
}

export interface Unscored {
  readonly candidates: readonly Candidate[]
  /** Metrics with more points to score, or to learn from, than were looked at: they are no candidates yet. */
  readonly behind: readonly string[]
  /** From when on they have such points, epoch ms, where that is before what was looked at. */
  readonly since?: number
}

/** What scoring looks at as a rule: the points that may be scored, and those before them that their rows reach back to. */
export function usualReach({ batch }: JobContext, spec: ModelSpec): Reach {
  return { points: batch.settings.score_max_n + lookBack(batch.settings, spec) }
}

function lookBack(settings: JobContext['batch']['settings'], spec: ModelSpec): number {
  return reachOf(spec) + (hasOwnPreprocessing(settings) ? OWN_WARMUP : SPARE)
}

/** Looks for points without a score, for scores of values that were restated and, where models learn point by point, for points that they have not
 * learned from. */
export async function findUnscored(
  context: JobContext,
  bundle: StoredBundle,
  { metrics, points: maxPoints, since: wider }: Reach,
): Promise<Unscored> {
  const { batch, clock } = context
  const { settings } = batch
  const { preprocess, update } = bundle.spec
  const now = clock.now()
  const oldest = now - settings.score_metric_timestamp_max_days_ago * DAY
  const reach = lookBack(settings, bundle.spec)
  const freq = preprocess.freq === null ? undefined : parseDuration(preprocess.freq)
  const pace = Math.max(DAY, parseDuration(settings.step ?? '') ?? 0)
  /** From when on points are needed for the rows of those after `time`. */
  const before = (time: number) =>
    freq === undefined ? time - reach * pace : Math.floor((time - reach * freq) / freq) * freq
  const since = Math.min(before(oldest), wider ?? Number.POSITIVE_INFINITY)
  const history = await loadHistory(context, 'score_sql', {
    types: ['metric', 'score'],
    until: now,
    metadataOf: ['score'],
    since,
    // Raw points per resampled one are not known, so there the window is bounded by time alone, from the start of a bucket on.
    ...(freq === undefined ? { maxPoints } : {}),
    ...(metrics === undefined ? {} : { metrics }),
  })
  const stock = isStockTemplate('score_sql', settings.score_sql)
  const learned = update === 'online' ? await learnedUntil(bundle, [...history.keys()]) : undefined
  const excluded = new Set(settings.score_exclude_metrics)
  const candidates: Candidate[] = []
  const behind: string[] = []
  let first = since
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || listsMetric(excluded, metric)) continue
    const judged = judgedSeries(all, preprocess)
    const count =
      preprocess.freq === null
        ? judgeableCount(judged.timestamps, settings, now)
        : firstNotBefore(judged.timestamps, firstOpenBucket(preprocess.freq, settings, now))
    const scores = points.get('score')
    const more = stock && freq === undefined && all.timestamps.length >= maxPoints
    const to = learned?.get(metric)
    const newest = judged.timestamps[count - 1]
    const learns = to !== undefined && newest !== undefined && newest > to
    if (learns && stock && firstNotBefore(judged.timestamps, to + 1) < reach) {
      // Without a step it is not known how long ago so many points are: then their number alone bounds the search.
      const needed = freq === undefined ? 0 : before(to)
      if (more || needed < since) {
        behind.push(metric)
        first = Math.min(first, needed)
        continue
      }
    }
    if (more && scores !== undefined && firstUnseen(judged, scores) < reach) {
      behind.push(metric)
      continue
    }
    const wanted = unscored(judged, count, scores, settings).filter((timestamp) => timestamp >= oldest)
    if (wanted.length > 0 || learns)
      candidates.push({
        metric,
        series: all,
        wanted: new Set(wanted),
        ...(learns ? { learnUntil: newest } : {}),
      })
  }
  return { candidates, behind, ...(first < before(oldest) ? { since: first } : {}) }
}

import { parseDuration } from '../core/duration.ts'
import { AnomstackError } from '../core/errors.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { Series } from '../core/series.ts'
import { judgedSeries } from '../models/judged-series.ts'
import type { ScoreItem } from '../models/model-pool.ts'
import type { StoredBundle } from '../models/model-store.ts'
import { type PreprocessParams, warmup } from '../timeseries/preprocess.ts'
import { judgeableCount } from './cadence.ts'
import { collectFailures, type Failures } from './failures.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { hasOwnPreprocessing } from './model-spec-of.ts'
import { ownFeatures } from './own-features.ts'
import { scoreRows } from './score-rows.ts'
import { unscored } from './unscored.ts'

const DAY = 86_400_000

/** Points beyond the window of scoring that a batch's own preprocessing may look back on. */
const OWN_WARMUP = 100

/** Points more than the lags need, so that a gap does not cut them short. */
const SPARE = 4

export const score: Job = {
  name: 'score',
  summary:
    'Scores the newest points that have no score yet, or whose value was restated, with the batch’s models.',
  async run(context) {
    const { batch, logger } = context
    const failures = collectFailures(logger, context.signal)
    await context.step('prepare table', () => context.table.ensure())
    const bundle = await context.models.latest(batch.name)
    if (bundle === undefined) {
      logger.log('info', `batch "${batch.name}" is learning: it has no models yet`)
      return
    }
    const candidates = await context.step(
      'find unscored',
      () => findUnscored(context, bundle.spec.preprocess),
      (found) => ({ metrics: found.length, points: total(found) }),
    )
    if (candidates.length === 0) return
    const items = await context.step(
      'load models',
      () => withModels(context, bundle, candidates, failures),
      (loaded) => ({ models: loaded.length }),
    )
    const scored = await context.step(
      'score',
      () => context.pool.score(bundle.spec, items, { signal: context.signal }),
      () => ({}),
    )
    const rows: MetricRow[] = []
    for (const result of scored) {
      if (result.status === 'failed') failures.add({ batch: batch.name, metric: result.metric }, result.error)
      else rows.push(...scoreRows(batch.name, result.metric, result.scored, context.clock.now()))
    }
    await context.step(
      'write',
      () => context.table.upsert(rows, { signal: context.signal }),
      (written) => ({ rows: written }),
    )
    failures.throwIfAny()
  },
}

interface Candidate {
  readonly metric: string
  /** With the points before the first unscored one that its lags need. */
  readonly series: Series
  /** Timestamps to score. */
  readonly wanted: ReadonlySet<number>
}

const total = (candidates: readonly Candidate[]) =>
  candidates.reduce((sum, { wanted }) => sum + wanted.size, 0)

async function findUnscored(
  context: JobContext,
  preprocess: PreprocessParams,
): Promise<readonly Candidate[]> {
  const { batch, clock } = context
  const { settings } = batch
  const now = clock.now()
  const since = now - settings.score_metric_timestamp_max_days_ago * DAY
  const excluded = new Set(settings.score_exclude_metrics)
  const history = await loadHistory(context, 'score_sql', {
    types: ['metric', 'score'],
    until: now,
    metadataOf: ['score'],
    ...windowOf(context, preprocess, since),
  })
  const candidates: Candidate[] = []
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || excluded.has(metric)) continue
    const judged = judgedSeries(all, preprocess)
    const count = judgeableCount(judged.timestamps, settings, now)
    const wanted = unscored(judged, count, points.get('score'), settings).filter(
      (timestamp) => timestamp >= since,
    )
    if (wanted.length > 0) candidates.push({ metric, series: all, wanted: new Set(wanted) })
  }
  return candidates
}

/** How much history scoring needs: the points that may be scored and those before them that their lags reach back to. */
function windowOf(
  context: JobContext,
  preprocess: PreprocessParams,
  since: number,
): { readonly since: number; readonly maxPoints?: number } {
  const { settings } = context.batch
  const reach = warmup(preprocess) + (hasOwnPreprocessing(settings) ? OWN_WARMUP : SPARE)
  const freq = preprocess.freq === null ? undefined : parseDuration(preprocess.freq)
  // Raw points per resampled one are not known, so there the window is bounded by time alone, from the start of a bucket on.
  if (freq !== undefined) return { since: Math.floor((since - reach * freq) / freq) * freq }
  return { since: since - reach * DAY, maxPoints: settings.score_max_n + reach }
}

/** A metric without a model is learning and waits; a damaged model fails that metric alone. */
async function withModels(
  context: JobContext,
  bundle: StoredBundle,
  candidates: readonly Candidate[],
  failures: Failures,
): Promise<readonly ScoreItem[]> {
  const models = await bundle.read(candidates.map(({ metric }) => metric))
  const ready: (Candidate & { readonly model: Uint8Array })[] = []
  for (const candidate of candidates) {
    const model = models.get(candidate.metric)
    if (model === undefined)
      context.logger.log('info', `metric "${candidate.metric}" is learning: it has no model yet`)
    else if (model instanceof AnomstackError)
      failures.add({ batch: context.batch.name, metric: candidate.metric }, model)
    else ready.push({ ...candidate, model })
  }
  return ownFeatures(context, ready, failures)
}

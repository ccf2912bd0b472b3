import type { Finding } from '../alerts/alert.ts'
import { createAnomalyPolicy } from '../alerts/anomaly-policy.ts'
import type { Surroundings } from '../alerts/hold-back.ts'
import { judgementDetails, policyOf } from '../alerts/policy-of.ts'
import { weekdayExceptions } from '../config/calendar-effects.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { ReplayItem, ReplayResult } from '../models/model-pool.ts'
import type { Trained } from '../models/model-store.ts'
import type { ScoredSeries } from '../models/score-metric.ts'
import { learnable } from './cadence.ts'
import { collectFailures, type Failures } from './failures.ts'
import { ingestRows } from './ingest-rows.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { modelSpecOf } from './model-spec-of.ts'
import { ownFeatures } from './own-features.ts'
import { policySurroundings } from './policy-surroundings.ts'
import { alertRow } from './raise.ts'
import { REASON_FROM, scoreRows, type Verdicts, verdictAt } from './score-rows.ts'
import { withPython } from './with-python.ts'

const DAY = 86_400_000

/** Metrics replayed between two reports of progress. */
const CHUNK = 64

export const backfill: Job = {
  name: 'backfill',
  summary:
    'Replays history as if it had happened live: scores, would-be alerts and a model; nothing is sent.',
  async run(context) {
    const { batch, logger } = context
    const failures = collectFailures(logger, context.signal)
    if (!batch.settings.disable_ingest)
      await failures.attempt({ batch: batch.name }, () => ingestRows(context, failures))
    await context.step('prepare table', () => context.table.ensure())
    const window = windowOf(context)
    const items = await context.step(
      'load history',
      () => loadItems(context, window, failures),
      (loaded) => ({ metrics: loaded.length }),
    )
    const trained: Trained['results'][number][] = []
    const totals = { points: 0, alerts: 0 }
    await context.step(
      'replay',
      async () => {
        for (let start = 0; start < items.length; start += CHUNK) {
          const chunk = items.slice(start, start + CHUNK)
          const results = await replay(context, chunk)
          const counts = await record(context, results, window, failures)
          totals.points += counts.points
          totals.alerts += counts.alerts
          trained.push(...results.flatMap((result) => (result.status === 'failed' ? [] : [result.trained])))
          logger.log('info', 'backfill', {
            batch: batch.name,
            metrics: Math.min(start + CHUNK, items.length),
            of: items.length,
          })
        }
      },
      () => totals,
    )
    // What the replay scored, it has judged as well.
    await context.alerts.saveLook(batch.name, context.clock.now())
    if (trained.some((result) => result.status === 'fitted'))
      await context.step(
        'publish',
        () =>
          context.models.publish(batch.name, {
            spec: modelSpecOf(batch.settings, weekdayExceptions(batch)),
            created: context.clock.now(),
            results: trained,
          }),
        (version) => ({ version }),
      )
    failures.throwIfAny()
  },
}

/** Points from `from` to `to` (epoch ms) get scores; those before are only learned from. */
interface Window {
  readonly from: number
  readonly to: number
}

function windowOf({ run, clock, batch }: JobContext): Window {
  const to = typeof run.params?.to === 'number' ? run.params.to : clock.now()
  const from =
    typeof run.params?.from === 'number'
      ? run.params.from
      : to - batch.settings.train_metric_timestamp_max_days_ago * DAY
  return { from, to }
}

async function loadItems(
  context: JobContext,
  { from, to }: Window,
  failures: Failures,
): Promise<readonly ReplayItem[]> {
  const { settings } = context.batch
  const history = await loadHistory(context, 'train_sql', {
    types: ['metric'],
    since: from - settings.train_metric_timestamp_max_days_ago * DAY,
    until: to,
  })
  const excluded = new Set(settings.train_exclude_metrics)
  const items: ReplayItem[] = []
  for (const [metric, points] of history) {
    const series = points.get('metric')
    if (series !== undefined && !listsMetric(excluded, metric))
      items.push({ metric, series: learnable(series, settings, context.clock.now()) })
  }
  return ownFeatures(context, items, failures)
}

function replay(context: JobContext, items: readonly ReplayItem[]): Promise<readonly ReplayResult[]> {
  const { settings } = context.batch
  return context.pool.replay(
    withPython(modelSpecOf(settings, weekdayExceptions(context.batch)), settings),
    items,
    {
      signal: context.signal,
      maxPoints: settings.train_max_n,
      maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
      reasonsFrom: REASON_FROM,
    },
  )
}

async function record(
  context: JobContext,
  results: readonly ReplayResult[],
  window: Window,
  failures: Failures,
): Promise<{ points: number; alerts: number }> {
  const { batch, clock, signal } = context
  const rows: MetricRow[] = []
  const findings: Finding[] = []
  const surroundings = await policySurroundings(context, {
    metrics: results.map(({ metric }) => metric),
    since: window.from,
  })
  for (const result of results) {
    if (result.status === 'failed') {
      failures.add({ batch: batch.name, metric: result.metric }, result.error)
      continue
    }
    const found = wouldAlert(context, result, surroundings).filter(
      ({ timestamp }) => timestamp >= window.from,
    )
    for (const finding of found) findings.push(finding)
    for (const row of scoreRows(batch.name, result.metric, result.scored, clock.now()))
      if (row.timestamp >= window.from) rows.push(row)
  }
  const points = await context.table.upsert(rows, { signal })
  await context.alerts.raise(findings, { now: clock.now(), channels: [], replayed: true })
  await context.table.upsert(findings.map(alertRow), { signal })
  return { points, alerts: findings.length }
}

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)

/** The alerts that would have been raised, each decided when its point came. */
function wouldAlert(
  { batch }: JobContext,
  { metric, scored }: { readonly metric: string; readonly scored: ScoredSeries & Verdicts },
  surroundings: Surroundings,
): Finding[] {
  const { settings } = batch
  if (settings.disable_alert || listsMetric(new Set(settings.alert_exclude_metrics), metric)) return []
  const policy = createAnomalyPolicy(policyOf(settings, metric, surroundings))
  const findings: Finding[] = []
  for (let index = 0; index < scored.timestamps.length; index++) {
    const score = scored.scores[index]!
    if (!Number.isFinite(score)) continue
    const expected = finite(scored.expected[index])
    const verdict = verdictAt(scored, index)
    const judgement = policy.next({
      score,
      timestamp: scored.timestamps[index]!,
      value: scored.values[index]!,
      expected,
      ...verdict,
    })
    if (!judgement.alert) continue
    findings.push({
      batch: batch.name,
      metric,
      kind: 'anomaly',
      timestamp: scored.timestamps[index]!,
      value: scored.values[index]!,
      score: judgement.threshold === undefined ? score : Math.round(judgement.smoothed * 10_000) / 10_000,
      reason: scored.reasons[index] ?? '',
      details: {
        ...judgementDetails(settings, judgement, verdict),
        score,
        expected,
        lower: finite(scored.lower[index]),
        upper: finite(scored.upper[index]),
      },
    })
  }
  return findings
}

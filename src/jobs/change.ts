import type { Finding } from '../alerts/alert.ts'
import { decideChanges } from '../alerts/decide-changes.ts'
import { judgeable } from './cadence.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { raisedOf, raiseFindings, reconcile } from './raise.ts'

const DAY = 86_400_000

export const change: Job = {
  name: 'change',
  summary: 'Compares the newest values of each metric with all before them and raises alerts of kind change.',
  async run(context) {
    const { batch } = context
    await context.step('prepare table', () => context.table.ensure())
    const findings = await context.step(
      'compare',
      () => compare(context),
      (found) => ({ found: found.length }),
    )
    await context.step(
      'raise',
      () => raiseFindings(context, findings, batch.settings.alert_methods),
      (raised) => ({ raised }),
    )
  },
}

async function compare(context: JobContext): Promise<readonly Finding[]> {
  const { batch, clock } = context
  const { settings } = batch
  const now = clock.now()
  const since = now - settings.change_metric_timestamp_max_days_ago * DAY
  const history = await loadHistory(context, 'change_sql', {
    types: ['metric', 'change'],
    since,
    until: now,
    maxPoints: settings.change_max_n,
  })
  const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['change'] })
  await reconcile(context, recorded, history)

  const included = new Set(settings.change_include_metrics)
  const excluded = new Set(settings.change_exclude_metrics)
  const findings: Finding[] = []
  for (const [metric, points] of history) {
    const all = points.get('metric')
    if (all === undefined || excluded.has(metric) || (included.size > 0 && !included.has(metric))) continue
    const series = judgeable(all, settings, now)
    const raised = raisedOf(metric, 'change', { history, recorded })
    const question = {
      threshold: settings.change_threshold,
      lastN: settings.change_detect_last_n,
      snoozeN: settings.change_snooze_n,
      raised,
    }
    for (const found of decideChanges(series, question)) {
      const value = series.values[found.index]!
      findings.push({
        batch: batch.name,
        metric,
        kind: 'change',
        timestamp: series.timestamps[found.index]!,
        value,
        reason: `The value ${value} is ${found.score.toFixed(1)} times the usual spread away from the median ${found.median} of the ${found.index} points before.`,
        details: { modified_z_score: found.score, median: found.median },
      })
    }
  }
  return findings
}

import type { Alert, Finding } from '../alerts/alert.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { Job, JobContext } from './job.ts'
import { judgeMetric } from './judge-metric.ts'
import { loadHistory } from './load-history.ts'
import { raiseFindings, reconcile } from './raise.ts'
import { type Reach, widerReaches } from './reach.ts'

const DAY = 86_400_000

export const alert: Job = {
  name: 'alert',
  summary: 'Judges the newest scores of each metric and raises alerts of kind anomaly.',
  async run(context) {
    const { batch, alerts, clock } = context
    await context.step('prepare table', () => context.table.ensure())
    const began = clock.now()
    const scoring = await context.isFannedOut('score')
    const { findings, revised, lookedUntil, metrics } = await context.step(
      'decide',
      () => decide(context),
      (decided) => ({ found: decided.findings.length, revised: decided.revised.length }),
    )
    await context.step(
      'raise',
      () => raiseFindings(context, findings, batch.settings.alert_methods),
      (raised) => ({ raised }),
    )
    if (revised.length > 0) await context.step('mark revised', () => alerts.markRevised(revised, clock.now()))
    if (lookedUntil === 0 || scoring) return
    // Where parts are scored side by side, one may yet write scores that were made before another's: what was made since this began is looked at again.
    const divided = metrics > batch.settings.fan_out_n
    await alerts.saveLook(batch.name, divided && lookedUntil > began ? began - 1 : lookedUntil)
  },
}

interface Decided {
  readonly findings: readonly Finding[]
  readonly revised: readonly string[]
  /** When the newest of the scores that were looked at was made, epoch ms. */
  readonly lookedUntil: number
  /** How many were looked at. */
  readonly metrics: number
}

async function decide(context: JobContext): Promise<Decided> {
  const { batch, clock } = context
  const { settings } = batch
  const since = clock.now() - settings.alert_metric_timestamp_max_days_ago * DAY
  const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['anomaly'] })
  const known = {
    since,
    recorded,
    recordedOf: byMetric(recorded),
    lastLooked: await context.alerts.lastLook(batch.name),
  }
  const asked =
    settings.score_max_n + settings.alert_recent_n + settings.alert_smooth_n + settings.alert_snooze_n
  return decideWithin(context, known, { points: asked })
}

/** What is known before the scores are looked at. */
interface Known {
  readonly since: number
  readonly recorded: readonly Alert[]
  readonly recordedOf: ReadonlyMap<string, readonly Alert[]>
  readonly lastLooked: number | undefined
}

async function decideWithin(context: JobContext, known: Known, reach: Reach): Promise<Decided> {
  const { batch } = context
  const { metrics, points: asked } = reach
  const { since, recorded, recordedOf, lastLooked } = known
  const history = await loadHistory(context, 'alert_sql', {
    types: ['score', 'alert'],
    since,
    maxPoints: asked,
    metadataOf: ['score'],
    ...(metrics === undefined ? {} : { metrics }),
  })
  if (metrics === undefined) await reconcile(context, recorded, history)
  const excluded = new Set(batch.settings.alert_exclude_metrics)
  const findings: Finding[] = []
  const revised: string[] = []
  const behind: string[] = []
  let lookedUntil = 0
  for (const [metric, points] of history) {
    const scores = points.get('score')
    if (scores === undefined || listsMetric(excluded, metric)) continue
    const judged = judgeMetric(batch, {
      metric,
      scores,
      rows: new Set(points.get('alert')?.timestamps ?? []),
      recorded: recordedOf.get(metric) ?? [],
      lastLooked,
      asked,
    })
    if (judged === 'behind') {
      behind.push(metric)
      continue
    }
    for (const finding of judged.findings) findings.push(finding)
    revised.push(...judged.revised)
    lookedUntil = Math.max(lookedUntil, judged.lookedUntil)
  }
  for (const wider of widerReaches(behind, reach)) {
    const further = await decideWithin(context, known, wider)
    findings.push(...further.findings)
    revised.push(...further.revised)
    lookedUntil = Math.max(lookedUntil, further.lookedUntil)
  }
  return { findings, revised, lookedUntil, metrics: history.size }
}

function byMetric(alerts: readonly Alert[]): ReadonlyMap<string, readonly Alert[]> {
  const groups = new Map<string, Alert[]>()
  for (const alert of alerts) {
    const group = groups.get(alert.metric)
    if (group === undefined) groups.set(alert.metric, [alert])
    else group.push(alert)
  }
  return groups
}

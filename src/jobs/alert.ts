import type { Alert, Finding } from '../alerts/alert.ts'
import type { Recovered } from '../alerts/decide-recoveries.ts'
import { policyReach } from '../alerts/policy-of.ts'
import { recoveryNotice } from '../alerts/recovery-notice.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { History } from '../databases/database.ts'
import { budgetScores } from './budget-scores.ts'
import type { Job, JobContext } from './job.ts'
import { judgeMetric } from './judge-metric.ts'
import { loadHistory } from './load-history.ts'
import { policySurroundings } from './policy-surroundings.ts'
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
    const { findings, revised, recovered, heldBack, pending, lookedUntil, metrics } = await context.step(
      'decide',
      () => decide(context),
      (decided) => ({
        found: decided.findings.length,
        revised: decided.revised.length,
        ...(decided.recovered.length === 0 ? {} : { recovered: decided.recovered.length }),
        ...(decided.heldBack.length === 0 ? {} : { heldBack: decided.heldBack.length }),
      }),
    )
    tellHeldBack(context, heldBack)
    await context.step(
      'raise',
      () => raiseFindings(context, findings, batch.settings.alert_methods),
      (raised) => ({ raised }),
    )
    if (revised.length > 0) await context.step('mark revised', () => alerts.markRevised(revised, clock.now()))
    await keepPending(context, pending)
    if (recovered.length > 0) await context.step('mark recovered', () => markRecovered(context, recovered))
    if (lookedUntil === 0 || scoring) return
    // Where parts are scored side by side, one may yet write scores that were made before another's: what was made since this began is looked at again.
    const divided = metrics > batch.settings.fan_out_n
    await alerts.saveLook(batch.name, divided && lookedUntil > began ? began - 1 : lookedUntil)
  },
}

interface HeldBack {
  readonly metric: string
  readonly timestamp: number
  readonly why: string
}

/** Lines of the log on what was held back, in one run. */
const TOLD = 50

function tellHeldBack({ logger }: JobContext, heldBack: readonly HeldBack[]): void {
  for (const { metric, timestamp, why } of heldBack.slice(0, TOLD))
    logger.log('info', `alert held back: metric "${metric}": ${why}`, {
      metric,
      timestamp: new Date(timestamp).toISOString(),
    })
  if (heldBack.length > TOLD) logger.log('info', `${heldBack.length - TOLD} more alerts were held back`)
}

/** The next look may not reach back to where the model said that an alert begins. */
async function keepPending(
  { alerts, batch }: JobContext,
  pending: ReadonlyMap<string, number>,
): Promise<void> {
  const known = await alerts.lastSeen(batch.name, 'anomaly')
  if (pending.size > 0 || (known?.size ?? 0) > 0) await alerts.saveSeen(batch.name, 'anomaly', pending)
}

/** What is over is told where the batch says so; of a replay, or where the end was not seen, nobody is told. */
function markRecovered(context: JobContext, recovered: readonly Recovered[]): Promise<number> {
  const { alerts, batch, channels, clock } = context
  const { alert_recovery: tells, alert_methods: methods } = batch.settings
  return alerts.markRecovered(
    recovered.map(({ alert, at, seen }) => ({
      id: alert.id,
      at,
      ...(tells && seen && !alert.replayed ? { notice: recoveryNotice({ alert, at }) } : {}),
    })),
    { now: clock.now(), channels: tells ? channels(methods) : [] },
  )
}

interface Decided {
  readonly findings: readonly Finding[]
  readonly revised: readonly string[]
  readonly recovered: readonly Recovered[]
  readonly heldBack: readonly HeldBack[]
  /** Metrics with an alert of their model's that is held back -> their newest score. */
  readonly pending: ReadonlyMap<string, number>
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
    pending: await context.alerts.lastSeen(batch.name, 'anomaly'),
  }
  const asked = settings.score_max_n + settings.alert_recent_n + policyReach(settings)
  return decideWithin(context, known, { points: asked })
}

/** What is known before the scores are looked at. */
interface Known {
  readonly since: number
  readonly recorded: readonly Alert[]
  readonly recordedOf: ReadonlyMap<string, readonly Alert[]>
  readonly lastLooked: number | undefined
  /** Metrics that the last look left with an alert held back. */
  readonly pending: ReadonlyMap<string, number> | undefined
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
  const recovered: Recovered[] = []
  const heldBack: HeldBack[] = []
  const pending = new Map<string, number>()
  const behind: string[] = []
  let lookedUntil = 0
  const surroundings = await policySurroundings(context, {
    metrics: [...history.keys()],
    since: firstScore(history),
  })
  for await (const group of budgetScores(context, { history, since }))
    for (const metric of group.metrics) {
      const points = history.get(metric)
      const scores = points?.get('score')
      if (scores === undefined || listsMetric(excluded, metric)) continue
      const past = group.past.get(metric)
      const judged = judgeMetric(batch, {
        metric,
        scores,
        rows: new Set(points?.get('alert')?.timestamps ?? []),
        recorded: recordedOf.get(metric) ?? [],
        lastLooked,
        asked,
        surroundings,
        pending: known.pending?.has(metric) === true,
        ...(past === undefined ? {} : { past }),
      })
      if (judged === 'behind') {
        behind.push(metric)
        continue
      }
      for (const finding of judged.findings) findings.push(finding)
      for (const held of judged.heldBack) heldBack.push({ metric, ...held })
      revised.push(...judged.revised)
      recovered.push(...judged.recovered)
      if (judged.pending) pending.set(metric, scores.timestamps.at(-1)!)
      lookedUntil = Math.max(lookedUntil, judged.lookedUntil)
    }
  for (const wider of widerReaches(behind, reach)) {
    const further = await decideWithin(context, known, wider)
    findings.push(...further.findings)
    revised.push(...further.revised)
    recovered.push(...further.recovered)
    heldBack.push(...further.heldBack)
    for (const [metric, newest] of further.pending) pending.set(metric, newest)
    lookedUntil = Math.max(lookedUntil, further.lookedUntil)
  }
  return { findings, revised, recovered, heldBack, pending, lookedUntil, metrics: history.size }
}

function firstScore(history: History): number {
  let first = Number.POSITIVE_INFINITY
  for (const points of history.values())
    first = Math.min(first, points.get('score')?.timestamps[0] ?? Number.POSITIVE_INFINITY)
  return first
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

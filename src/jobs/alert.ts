import type { Alert, Finding } from '../alerts/alert.ts'
import { reaches } from '../alerts/anomaly-policy.ts'
import { type AnomalyDecision, decideAnomalies, smoothedScore } from '../alerts/decide-anomalies.ts'
import type { Points } from '../databases/database.ts'
import { readScoreNote } from '../models/score-note.ts'
import type { Job, JobContext } from './job.ts'
import { loadHistory } from './load-history.ts'
import { raiseFindings, reconcile } from './raise.ts'

const DAY = 86_400_000

export const alert: Job = {
  name: 'alert',
  summary: 'Judges the newest scores of each metric and raises alerts of kind anomaly.',
  async run(context) {
    const { batch } = context
    await context.step('prepare table', () => context.table.ensure())
    const { findings, revised, lookedUntil } = await context.step(
      'decide',
      () => decide(context),
      (decided) => ({ found: decided.findings.length, revised: decided.revised.length }),
    )
    await context.step(
      'raise',
      () => raiseFindings(context, findings, batch.settings.alert_methods),
      (raised) => ({ raised }),
    )
    if (revised.length > 0)
      await context.step('mark revised', () => context.alerts.markRevised(revised, context.clock.now()))
    if (lookedUntil !== undefined) await context.alerts.saveLook(batch.name, lookedUntil)
  },
}

interface Decided {
  readonly findings: readonly Finding[]
  /** Ids of alerts whose value was restated and is not strange any more. */
  readonly revised: readonly string[]
  /** When the newest score that was looked at was made, epoch ms; undefined when there is none. */
  readonly lookedUntil: number | undefined
}

async function decide(context: JobContext): Promise<Decided> {
  const { batch, clock } = context
  const { settings } = batch
  const since = clock.now() - settings.alert_metric_timestamp_max_days_ago * DAY
  const history = await loadHistory(context, 'alert_sql', {
    types: ['score', 'alert'],
    since,
    maxPoints:
      settings.score_max_n + settings.alert_recent_n + settings.alert_smooth_n + settings.alert_snooze_n,
    metadataOf: ['score'],
  })
  const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['anomaly'] })
  const recordedOf = new Map<string, Alert[]>()
  for (const known of recorded) recordedOf.set(known.metric, [...(recordedOf.get(known.metric) ?? []), known])
  const lastLooked = await context.alerts.lastLook(batch.name)
  const excluded = new Set(settings.alert_exclude_metrics)

  const findings: Finding[] = []
  const revised: string[] = []
  let lookedUntil: number | undefined
  const rows = new Map<string, ReadonlySet<number>>()
  for (const [metric, points] of history) {
    const scores = points.get('score')
    if (scores === undefined || excluded.has(metric)) continue
    const known = recordedOf.get(metric) ?? []
    const scoredAt = Array.from(
      scores.timestamps,
      (_, index) => readScoreNote(scores.metadata?.[index])?.scored_at ?? 0,
    )
    lookedUntil = Math.max(lookedUntil ?? 0, ...scoredAt)
    const present = new Set(points.get('alert')?.timestamps ?? [])
    rows.set(metric, present)
    const decisions = decideAnomalies(
      { timestamps: scores.timestamps, scores: scores.values },
      {
        threshold: settings.alert_threshold,
        smoothN: settings.alert_smooth_n,
        snoozeN: settings.alert_snooze_n,
        recentN: settings.alert_recent_n,
        isNew: newSince(lastLooked, scoredAt),
        raised: new Set([...present, ...known.map(({ timestamp }) => timestamp)]),
        always: settings.alert_always,
      },
    )
    for (const decision of decisions) findings.push(toFinding(context, metric, scores, decision))
    revised.push(...revisedOf(known, scores, settings.alert_threshold, settings.alert_smooth_n))
  }
  await reconcile(context, recorded, (known) => rows.get(known.metric)?.has(known.timestamp) === true)
  return { findings, revised, lookedUntil }
}

/** Tells the points that were scored after the last look. At the first look at a metric none is new: what is old by then is history. */
function newSince(lastLooked: number | undefined, scoredAt: readonly number[]): (index: number) => boolean {
  if (lastLooked === undefined || !scoredAt.some((at) => at <= lastLooked)) return () => false
  return (index) => scoredAt[index]! > lastLooked
}

function toFinding(context: JobContext, metric: string, scores: Points, decision: AnomalyDecision): Finding {
  const note = readScoreNote(scores.metadata?.[decision.index])
  const smoothed = Math.round(decision.smoothed * 10_000) / 10_000
  return {
    batch: context.batch.name,
    metric,
    kind: 'anomaly',
    timestamp: scores.timestamps[decision.index]!,
    value: note?.value ?? 0,
    score: smoothed,
    reason:
      note === undefined || note.reason === ''
        ? `The smoothed anomaly score ${smoothed} reaches ${context.batch.settings.alert_threshold}.`
        : note.reason,
    details: {
      threshold: context.batch.settings.alert_threshold,
      score: scores.values[decision.index]!,
      expected: note?.expected ?? null,
      lower: note?.lower ?? null,
      upper: note?.upper ?? null,
    },
  }
}

function revisedOf(known: readonly Alert[], scores: Points, threshold: number, smoothN: number): string[] {
  return known
    .filter((alert) => {
      if (alert.revisedAt !== undefined) return false
      const index = scores.timestamps.indexOf(alert.timestamp)
      if (index < 0 || reaches(smoothedScore(scores.values, index, smoothN), threshold)) return false
      const judged = readScoreNote(scores.metadata?.[index])?.value
      return judged !== undefined && judged !== alert.value
    })
    .map((alert) => alert.id)
}

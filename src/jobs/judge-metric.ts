import type { Alert, Finding } from '../alerts/alert.ts'
import { reaches } from '../alerts/anomaly-policy.ts'
import { type AnomalyDecision, decideAnomalies, smoothedScore } from '../alerts/decide-anomalies.ts'
import type { Batch } from '../config/project.ts'
import type { Points } from '../databases/database.ts'
import { readScoreNote, type ScoreNote } from '../models/score-note.ts'

export interface MetricScores {
  readonly metric: string
  /** Newest scores, with their notes as metadata. */
  readonly scores: Points
  /** Timestamps of the metric's alert rows. */
  readonly rows: ReadonlySet<number>
  /** Alerts of kind anomaly that are on record. */
  readonly recorded: readonly Alert[]
  /** Until when the batch's scores have been looked at, epoch ms. */
  readonly lastLooked: number | undefined
  /** How many scores were asked for: with fewer there are no others. */
  readonly asked: number
}

export interface MetricJudgement {
  readonly findings: readonly Finding[]
  /** Ids of alerts whose value was restated and is not strange any more. */
  readonly revised: readonly string[]
  /** When the newest of the scores was made, epoch ms. */
  readonly lookedUntil: number
}

/** Decides which points of a metric alert, and which alerts its restated values have made moot; or says that it is behind: points before
 * those at hand have not been looked at either. */
export function judgeMetric(batch: Batch, question: MetricScores): MetricJudgement | 'behind' {
  const { metric, scores, rows, recorded } = question
  const { settings } = batch
  const notes = Array.from(scores.timestamps, (_, index) => readScoreNote(scores.metadata?.[index]))
  const scoredAt = Float64Array.from(notes, (note) => note?.scored_at ?? 0)
  const history = historyUntil(question, scoredAt)
  if (history === 'behind') return history
  const decisions = decideAnomalies(
    { timestamps: scores.timestamps, scores: scores.values },
    {
      threshold: settings.alert_threshold,
      smoothN: settings.alert_smooth_n,
      snoozeN: settings.alert_snooze_n,
      recentN: settings.alert_recent_n,
      isNew: (index) => scoredAt[index]! > history,
      raised: new Set([...rows, ...recorded.map(({ timestamp }) => timestamp)]),
      always: settings.alert_always,
    },
  )
  return {
    findings: decisions.map((decision) =>
      toFinding(batch, metric, { decision, scores, note: notes[decision.index] }),
    ),
    revised: recorded.filter((alert) => isMoot(alert, scores, notes, batch)).map(({ id }) => id),
    lookedUntil: scoredAt.reduce((latest, at) => Math.max(latest, at), 0),
  }
}

/** Scores that were made after this time have not been looked at: the last look. Without one, the oldest of the scores at hand and those that were made
 * together with it are history, the others are news. */
function historyUntil({ lastLooked, asked }: MetricScores, scoredAt: Float64Array): number | 'behind' {
  const first = scoredAt.reduce((earliest, at) => Math.min(earliest, at), Number.POSITIVE_INFINITY)
  if (lastLooked === undefined) return first
  if (first <= lastLooked) return lastLooked
  return scoredAt.length < asked ? first : 'behind'
}

interface Decided {
  readonly decision: AnomalyDecision
  readonly scores: Points
  readonly note: ScoreNote | undefined
}

function toFinding(batch: Batch, metric: string, { decision, scores, note }: Decided): Finding {
  const threshold = batch.settings.alert_threshold
  const smoothed = Math.round(decision.smoothed * 10_000) / 10_000
  return {
    batch: batch.name,
    metric,
    kind: 'anomaly',
    timestamp: scores.timestamps[decision.index]!,
    value: note?.value ?? 0,
    score: smoothed,
    reason:
      note === undefined || note.reason === ''
        ? `The smoothed anomaly score is ${smoothed}; alerts are raised from ${threshold} on.`
        : note.reason,
    details: {
      threshold,
      score: scores.values[decision.index]!,
      expected: note?.expected ?? null,
      lower: note?.lower ?? null,
      upper: note?.upper ?? null,
    },
  }
}

/** Whether the value that an alert judged was restated, and its smoothed score does not reach the threshold any more. */
function isMoot(
  alert: Alert,
  scores: Points,
  notes: readonly (ScoreNote | undefined)[],
  { settings }: Batch,
): boolean {
  if (alert.revisedAt !== undefined) return false
  const index = scores.timestamps.indexOf(alert.timestamp)
  const judged = notes[index]?.value
  if (index < 0 || judged === undefined || judged === alert.value) return false
  return !reaches(smoothedScore(scores.values, index, settings.alert_smooth_n), settings.alert_threshold)
}

import type { Alert, Finding } from '../alerts/alert.ts'
import { type Judgement, recoveryOf } from '../alerts/anomaly-policy.ts'
import { judgeAnomalies, type ScoredPoints } from '../alerts/decide-anomalies.ts'
import { decideRecoveries, type Recovered } from '../alerts/decide-recoveries.ts'
import type { Surroundings } from '../alerts/hold-back.ts'
import { judgementDetails, policyOf } from '../alerts/policy-of.ts'
import type { Batch } from '../config/project.ts'
import type { Points } from '../databases/database.ts'
import { readScoreNote, type ScoreNote } from '../models/score-note.ts'

/** All that is known besides the score of a row that another program wrote. */
const NO_NOTE: Partial<ScoreNote> = {}

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
  /** More scores, without notes, for an alert budget. */
  readonly past?: Points
  readonly surroundings?: Surroundings
  /** Whether the last look left an alert of the model's held back. */
  readonly pending?: boolean
}

export interface MetricJudgement {
  readonly findings: readonly Finding[]
  /** Ids of alerts whose value was restated and is not strange any more. */
  readonly revised: readonly string[]
  readonly recovered: readonly Recovered[]
  /** Points that nobody has looked at before, and why they do not alert although they are due. */
  readonly heldBack: readonly { readonly timestamp: number; readonly why: string }[]
  /** Whether an alert of the model's is held back, and may be raised by points to come. */
  readonly pending: boolean
  /** When the newest of the scores was made, epoch ms. */
  readonly lookedUntil: number
}

/** Decides which points of a metric alert, which alerts are over, and which its restated values have made moot; or says that it is behind: points before
 * those at hand have not been looked at either. */
export function judgeMetric(batch: Batch, question: MetricScores): MetricJudgement | 'behind' {
  const { metric, scores, rows, recorded, past } = question
  const { settings } = batch
  const { timestamps } = scores
  const notes = Array.from(timestamps, (_, index) => readScoreNote(scores.metadata?.[index]))
  const scoredAt = Float64Array.from(notes, (note) => note?.scored_at ?? 0)
  const history = historyUntil(question, scoredAt)
  if (history === 'behind') return history
  const policy = policyOf(settings, metric, question.surroundings)
  const isNew = (index: number) => scoredAt[index]! > history
  const judged = judgeAnomalies(
    { timestamps, scores: scores.values, about: (index) => notes[index] ?? NO_NOTE },
    {
      ...policy,
      recentN: settings.alert_recent_n,
      isNew,
      raised: new Set([...rows, ...recorded.map(({ timestamp }) => timestamp)]),
      over: overOf(question),
      pending: question.pending === true,
      always: settings.alert_always,
      ...(past === undefined ? {} : { past: scoredPoints(past) }),
    },
  )
  const exceeds = (index: number) => judged[index]?.exceeds === true
  return {
    findings: judged.flatMap((judgement, index) =>
      judgement.alert ? [toFinding(batch, metric, { judgement, index, scores, note: notes[index] })] : [],
    ),
    revised: recorded.filter((alert) => isMoot(alert, { timestamps, notes, exceeds })).map(({ id }) => id),
    recovered: decideRecoveries(recorded, { timestamps, exceeds, recoverN: recoveryOf(policy) }),
    heldBack: judged.flatMap(({ heldBack: why }, index) =>
      why !== undefined && isNew(index) ? [{ timestamp: timestamps[index]!, why }] : [],
    ),
    pending: judged.at(-1)?.pending === true,
    lookedUntil: scoredAt.reduce((latest, at) => Math.max(latest, at), 0),
  }
}

/** Alerts that are over; rows without a record are from another program, and old. */
function overOf({ rows, recorded }: MetricScores): ReadonlySet<number> {
  const over = new Set(rows)
  for (const { timestamp, recoveredAt, revisedAt } of recorded)
    if (recoveredAt !== undefined || revisedAt !== undefined) over.add(timestamp)
    else over.delete(timestamp)
  return over
}

function scoredPoints({ timestamps, values }: Points): ScoredPoints {
  return { timestamps, scores: values }
}

/** Whether the model of this metric itself says when to alert, by its newest note. */
export function decidesItself(scores: Points): boolean {
  return readScoreNote(scores.metadata?.at(-1))?.level !== undefined
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
  readonly judgement: Judgement
  readonly index: number
  readonly scores: Points
  readonly note: ScoreNote | undefined
}

function toFinding(batch: Batch, metric: string, { judgement, index, scores, note }: Decided): Finding {
  const { threshold } = judgement
  const score = scores.values[index]!
  // Where the model decides, nothing is smoothed.
  const shown = threshold === undefined ? score : Math.round(judgement.smoothed * 10_000) / 10_000
  const fallback =
    threshold === undefined
      ? 'The model finds this point too strange to be chance.'
      : `The smoothed anomaly score is ${shown}; alerts are raised from ${Math.round(threshold * 10_000) / 10_000} on.`
  return {
    batch: batch.name,
    metric,
    kind: 'anomaly',
    timestamp: scores.timestamps[index]!,
    value: note?.value ?? 0,
    score: shown,
    reason: note === undefined || note.reason === '' ? fallback : note.reason,
    details: {
      ...judgementDetails(batch.settings, judgement, note ?? NO_NOTE),
      score,
      expected: note?.expected ?? null,
      lower: note?.lower ?? null,
      upper: note?.upper ?? null,
    },
  }
}

interface Judged {
  readonly timestamps: Float64Array
  readonly notes: readonly (ScoreNote | undefined)[]
  readonly exceeds: (index: number) => boolean
}

/** Whether the value that an alert judged was restated, and it does not reach the level any more. */
function isMoot(alert: Alert, { timestamps, notes, exceeds }: Judged): boolean {
  if (alert.revisedAt !== undefined) return false
  const index = timestamps.indexOf(alert.timestamp)
  const judged = notes[index]?.value
  if (index < 0 || judged === undefined || judged === alert.value) return false
  return !exceeds(index)
}

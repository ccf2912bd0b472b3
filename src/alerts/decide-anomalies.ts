import { type AnomalyPolicySettings, createTrouble, reaches } from './anomaly-policy.ts'

export interface ScoredPoints {
  /** Ascending, UTC epoch ms. */
  readonly timestamps: Float64Array
  /** 0..1, as long as the timestamps. */
  readonly scores: Float64Array
}

export interface AnomalyQuestion extends AnomalyPolicySettings {
  /** The newest so many points may alert, … */
  readonly recentN: number
  /** … and so may every point for which this holds: one that was scored since somebody last looked. */
  readonly isNew?: (index: number) => boolean
  /** Timestamps at which an anomaly alert of this metric stands already. */
  readonly raised: ReadonlySet<number>
  /** The newest point alerts whatever its score, unless it has already. */
  readonly always?: boolean
}

export interface AnomalyDecision {
  /** Index into the points. */
  readonly index: number
  readonly smoothed: number
}

/** Which points of one metric alert now, oldest first: never one that has already, never one that continues an earlier alert. */
export function decideAnomalies(points: ScoredPoints, question: AnomalyQuestion): readonly AnomalyDecision[] {
  const { timestamps, scores } = points
  const { raised, snoozeN } = question
  const decisions: AnomalyDecision[] = []
  const trouble = createTrouble(snoozeN, beginsInAlert(points, question))
  for (let index = 0; index < timestamps.length; index++) {
    const newest = index === timestamps.length - 1
    const smoothed = smoothedScore(scores, index, question.smoothN)
    const exceeds = reaches(smoothed, question.threshold)
    const stands = raised.has(timestamps[index]!)
    const candidate = index >= timestamps.length - question.recentN || question.isNew?.(index) === true
    const due = (exceeds && !trouble.snoozes()) || (newest && question.always === true)
    const alert = candidate && !stands && due
    if (alert) decisions.push({ index, smoothed })
    trouble.pass({ alert: alert || stands, exceeds })
  }
  return decisions
}

/** Whether the first point exceeds and an alert was raised before it: whatever exceeded at a look before either alerted or continued an alert. */
function beginsInAlert(
  { timestamps, scores }: ScoredPoints,
  { raised, threshold }: AnomalyQuestion,
): boolean {
  const first = timestamps[0]
  if (first === undefined || !reaches(scores[0]!, threshold)) return false
  for (const timestamp of raised) if (timestamp < first) return true
  return false
}

/** The mean of the newest `smoothN` scores that end at `index`, or of as many as there are. */
export function smoothedScore(scores: Float64Array, index: number, smoothN: number): number {
  const from = Math.max(0, index + 1 - Math.max(1, smoothN))
  let sum = 0
  for (let i = from; i <= index; i++) sum += scores[i]!
  return sum / (index + 1 - from)
}

/** Whether an event stands at one of the `snoozeN` points before `index`. */
export function snoozed(
  timestamps: Float64Array,
  index: number,
  snoozeN: number,
  events: ReadonlySet<number>,
): boolean {
  for (let i = Math.max(0, index - snoozeN); i < index; i++) if (events.has(timestamps[i]!)) return true
  return false
}

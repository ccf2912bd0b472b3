import {
  type AnomalyPolicySettings,
  type Before,
  createAnomalyPolicy,
  type Judgement,
  type PolicyPoint,
} from './anomaly-policy.ts'

export interface ScoredPoints {
  /** Ascending, UTC epoch ms. */
  readonly timestamps: Float64Array
  /** 0..1, as long as the timestamps. */
  readonly scores: Float64Array
  /** More of the point at an index: its value, what was expected, what its model says. */
  readonly about?: (index: number) => About
}

export interface AnomalyQuestion extends AnomalyPolicySettings {
  /** The newest so many points may alert, … */
  readonly recentN: number
  /** … and so may every point for which this holds: one that was scored since somebody last looked. */
  readonly isNew?: (index: number) => boolean
  /** Timestamps at which an anomaly alert of this metric stands already. */
  readonly raised: ReadonlySet<number>
  /** Those of them that are over: what exceeds the level at the first point does not go on with them. */
  readonly over?: ReadonlySet<number>
  /** Whether the last look found that an alert of the model's is held back, see `Judgement`. */
  readonly pending?: boolean
  /** The newest point alerts whatever its score, unless it has already. */
  readonly always?: boolean
  /** Scores before these points, for the budget. */
  readonly past?: Pick<ScoredPoints, 'timestamps' | 'scores'>
}

export interface AnomalyDecision extends Judgement {
  /** Index into the points. */
  readonly index: number
}

type About = Omit<PolicyPoint, 'score' | 'timestamp'>

const NOTHING: About = {}

/** What is to be said of every point of one metric, as many and in the same order. One alerts never again, and never where it continues an earlier alert. */
export function judgeAnomalies(points: ScoredPoints, question: AnomalyQuestion): readonly Judgement[] {
  const { timestamps, scores, about } = points
  const { raised, past } = question
  const first = timestamps[0]
  if (first === undefined) return []
  const policy = createAnomalyPolicy(question, before(first, question))
  for (let index = 0; past !== undefined && index < past.timestamps.length; index++)
    if (past.timestamps[index]! < first) policy.remember(past.timestamps[index]!, past.scores[index]!)
  const judgements: Judgement[] = []
  for (let index = 0; index < timestamps.length; index++) {
    const timestamp = timestamps[index]!
    const newest = index === timestamps.length - 1
    // Spelled out: of all of them together, spreading would take most of the time.
    const { value, expected, strangeness, level, begins } = about?.(index) ?? NOTHING
    judgements.push(
      policy.next(
        { score: scores[index]!, timestamp, value, expected, strangeness, level, begins },
        {
          candidate: index >= timestamps.length - question.recentN || question.isNew?.(index) === true,
          stands: raised.has(timestamp),
          always: newest && question.always === true,
        },
      ),
    )
  }
  return judgements
}

/** What exceeded the level before the first point either alerted, or went on with what had alerted, or was held back. */
function before(first: number, { raised, over, pending }: AnomalyQuestion): Before {
  for (const timestamp of raised) if (timestamp < first && over?.has(timestamp) !== true) return 'alerted'
  return pending === true ? 'held-back' : 'nothing'
}

/** Which points of one metric alert now, oldest first. */
export function decideAnomalies(points: ScoredPoints, question: AnomalyQuestion): readonly AnomalyDecision[] {
  return judgeAnomalies(points, question).flatMap((judgement, index) =>
    judgement.alert ? [{ ...judgement, index }] : [],
  )
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

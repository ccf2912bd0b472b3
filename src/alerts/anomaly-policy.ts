import { DEFAULT_THRESHOLD } from '../config/policy-settings.ts'
import { createBudgetThreshold } from './budget-threshold.ts'
import { createStretches, type Stretch } from './stretch.ts'

/** When a series of scores becomes an alert. */
export interface AnomalyPolicySettings {
  /** Smoothed scores at or above it alert. Null leaves it to the model where that has a level of its own, and is `DEFAULT_THRESHOLD`, or what
   * `budget` says, where it has none. */
  readonly threshold: number | null
  /** The score that is judged is the mean of the newest so many, or of as many as there are; 0 and 1 mean no smoothing. */
  readonly smoothN: number
  /** No alert within so many scored points of the last one, nor of the last point that went on exceeding after it: an
   * anomaly that lasts, or flaps at the threshold, is one. With 0 every exceeding point alerts. */
  readonly snoozeN: number
  /** An anomaly is over after so many points below; the same as `snoozeN` (at least 1) when absent. When set, nothing alerts before that, whoever decides. */
  readonly recoverN?: number
  /** It alerts only from so many points in a row at or above the level on; 1 when absent. */
  readonly minDuration?: number
  /** Alerts per millisecond: the threshold is then taken from the metric's own scores, where `threshold` is null and the model has no level. */
  readonly budget?: number
  /** Why a point that is due must not alert; undefined when it may. */
  readonly holdsBack?: (due: Due) => string | undefined
}

/** A scored point as a policy sees it. */
export interface PolicyPoint {
  readonly score: number
  readonly timestamp?: number | undefined
  readonly value?: number | undefined
  readonly expected?: number | null | undefined
  /** How strange the model finds it, and from where on it alerts; absent for models that give scores alone. */
  readonly strangeness?: number | null | undefined
  readonly level?: number | null | undefined
  /** Whether the model says that a new alert begins here. */
  readonly begins?: boolean | undefined
}

/** A point that would alert, with the anomaly that it belongs to. */
export interface Due {
  readonly timestamp: number
  readonly value: number
  readonly stretch: Stretch
}

/** There is one for every point of every metric: all have the same fields, which is what makes them cheap. */
export interface Judgement {
  readonly smoothed: number
  /** What the smoothed score was compared with; undefined where the model decided. */
  readonly threshold: number | undefined
  /** Whether the level is reached: by the smoothed score or, where the model decides, by the strangeness. */
  readonly exceeds: boolean
  /** Whether it alerts: it exceeds, no earlier alert is near, and nothing holds it back. */
  readonly alert: boolean
  /** Why it does not alert although it is due. */
  readonly heldBack: string | undefined
  /** Whether the model said that an alert begins in this anomaly, and it was held back until now: a later point may raise it. */
  readonly pending: boolean
  /** The anomaly that the point belongs to, where it exceeds. */
  readonly stretch: Stretch | undefined
}

/** What is known of a point besides its score. */
export interface Standing {
  /** Whether it may alert now. */
  readonly candidate: boolean
  /** Whether an alert stands at it already. */
  readonly stands: boolean
  /** It alerts whatever its score is. */
  readonly always: boolean
}

/** Judges points one by one in bounded memory; `decideAnomalies` asks it too, so that live runs, replays and files get the same alerts. */
export interface AnomalyPolicy {
  /** Takes a score from before the points that are to be judged, which the budget goes by. */
  remember(timestamp: number, score: number): void
  next(point: PolicyPoint, standing?: Standing): Judgement
}

/** Sums of rounded scores carry errors of some 1e-17; a mean that is the threshold to nine decimals has reached it. */
const SLACK = 1e-9

const NEW: Standing = { candidate: true, stands: false, always: false }

/** Whether a smoothed score reaches the threshold. */
export function reaches(smoothed: number, threshold: number): boolean {
  return smoothed >= threshold - SLACK
}

/** The level that the model itself alerts from; undefined where the policy goes by the score. */
function ownLevel(threshold: number | null, { level }: PolicyPoint): number | undefined {
  return threshold === null && typeof level === 'number' && Number.isFinite(level) ? level : undefined
}

/** So many points below end an anomaly. */
export function recoveryOf({
  recoverN,
  snoozeN,
}: Pick<AnomalyPolicySettings, 'recoverN' | 'snoozeN'>): number {
  return Math.max(1, recoverN ?? snoozeN)
}

/** What is known of the points before the first: if that exceeds the level, it goes on with an anomaly that has been alerted on, or with one whose
 * alert was held back. */
export type Before = 'alerted' | 'held-back' | 'nothing'

/** A policy at the start of the points that are at hand. */
export function createAnomalyPolicy(
  settings: AnomalyPolicySettings,
  before: Before = 'nothing',
): AnomalyPolicy {
  const { smoothN, snoozeN, recoverN = 0, minDuration = 1, holdsBack } = settings
  const width = Math.max(1, smoothN)
  const newest: PolicyPoint[] = []
  const trouble = createTrouble()
  const stretches = createStretches(recoveryOf(settings))
  const budget =
    settings.budget === undefined
      ? undefined
      : createBudgetThreshold({ rate: settings.budget, fallback: DEFAULT_THRESHOLD, snoozeN })
  let first = true
  // The model said that an alert begins, and it was held back: a later point of the same anomaly may raise it.
  let pending = before === 'held-back' && (minDuration > 1 || holdsBack !== undefined)

  function smooth(point: PolicyPoint): number {
    newest.push(point)
    if (newest.length > width) newest.shift()
    return newest.reduce((sum, { score }) => sum + score, 0) / newest.length
  }

  function whyHeldBack(point: PolicyPoint, stretch: Stretch): string | undefined {
    if (stretch.run < minDuration) return `it has lasted ${stretch.run} of ${minDuration} points`
    return holdsBack?.({ timestamp: point.timestamp ?? 0, value: point.value ?? Number.NaN, stretch })
  }

  return {
    remember(timestamp, score) {
      budget?.next(timestamp, smooth({ timestamp, score }))
    },

    next(point, { candidate, stands, always } = NEW) {
      const smoothed = smooth(point)
      const ofBudget = budget?.next(point.timestamp ?? 0, smoothed)
      const level = ownLevel(settings.threshold, point)
      const threshold = settings.threshold ?? ofBudget ?? DEFAULT_THRESHOLD
      const exceeds = level === undefined ? reaches(smoothed, threshold) : exceedsLevel(point, level)
      const stretch = stretches.next(exceeds, newest)
      if (stretch === undefined) pending = false
      const quietN = level === undefined ? Math.max(snoozeN, recoverN) : recoverN
      if (first && before === 'alerted' && exceeds && point.begins !== true)
        trouble.pass({ begins: true, continues: false })
      first = false
      const quiet = trouble.pointsSince() < quietN
      const opens = exceeds && !quiet && (level === undefined || point.begins === true || pending)
      const heldBack = opens && stretch !== undefined ? whyHeldBack(point, stretch) : undefined
      const alert = candidate && !stands && (always || (opens && heldBack === undefined))
      if (opens) pending = heldBack !== undefined
      if (alert || stands) pending = false
      trouble.pass({ begins: alert || stands, continues: exceeds && quiet })
      return {
        smoothed,
        exceeds,
        alert,
        pending: pending && level !== undefined,
        threshold: level === undefined ? threshold : undefined,
        heldBack: alert ? undefined : heldBack,
        stretch,
      }
    },
  }
}

function exceedsLevel({ strangeness, begins }: PolicyPoint, level: number): boolean {
  return begins === true || (typeof strangeness === 'number' && reaches(strangeness, level))
}

/** Remembers how far back the last alert, or what continued it, is. */
interface Trouble {
  /** Points between it and the next one. */
  pointsSince(): number
  pass(point: { readonly begins: boolean; readonly continues: boolean }): void
}

function createTrouble(): Trouble {
  let since = Number.POSITIVE_INFINITY
  return {
    pointsSince: () => since,
    pass({ begins, continues }) {
      since = begins || continues ? 0 : since + 1
    },
  }
}

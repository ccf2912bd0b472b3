/** Scores that a threshold is taken from: the newest so many. */
export const BUDGET_HISTORY = 2_500

const DAY = 86_400_000

export interface AlertBudget {
  /** Alerts per millisecond. */
  readonly rate: number
  /** What alerts where a metric's own scores do not tell yet. */
  readonly fallback: number
}

/**
 * The lowest threshold at which these scores would not have alerted more often than the budget allows in the time that they span: their quantile at
 * 1 − rate · step, with all that lies within `snoozeN` points counted as one alert, as the policy does. At most half of the points reach it, however many
 * alerts are allowed: what is usual is no anomaly. Where the time is too short for a single alert, only a score above all of them alerts, and none below the fallback.
 */
export function thresholdForBudget(
  { timestamps, scores }: { readonly timestamps: Float64Array; readonly scores: Float64Array },
  { rate, fallback, snoozeN }: AlertBudget & { readonly snoozeN: number },
): number {
  const count = scores.length
  if (count < 2) return fallback
  const span = ((timestamps[count - 1]! - timestamps[0]!) * count) / (count - 1)
  const allowed = Math.floor(rate * span + 1e-9)
  const order = Uint32Array.from(scores, (_, index) => index).sort((a, b) => scores[b]! - scores[a]!)
  const aboveAll = Math.min(1, scores[order[0]!]! + 1e-6)
  if (allowed < 1) return Math.max(fallback, aboveAll)
  const taken = new Uint8Array(count)
  let threshold = aboveAll
  let alerts = 0
  for (let at = 0; at < count; ) {
    const score = scores[order[at]!]!
    for (; at < count && scores[order[at]!] === score; at++) {
      alerts += alertsMore(taken, order[at]!, snoozeN)
      taken[order[at]!] = 1
    }
    if (alerts > allowed || at > count / 2) break
    threshold = score
  }
  return threshold
}

/** How many alerts more there are with this point: 1, 0 where it continues one, −1 where it joins two. */
function alertsMore(taken: Uint8Array, index: number, snoozeN: number): number {
  const near = (step: 1 | -1) => {
    for (let distance = 1; distance <= snoozeN; distance++)
      if (taken[index + step * distance] === 1) return distance
    return 0
  }
  const before = near(-1)
  const after = near(1)
  if (before === 0 && after === 0) return 1
  return before > 0 && after > 0 && before + after > snoozeN ? -1 : 0
}

export interface BudgetThreshold {
  /** Takes the next smoothed score, and gives the threshold that holds for it: by the scores before its day (UTC), so that it is the same whenever somebody asks. */
  next(timestamp: number, smoothed: number): number
}

export function createBudgetThreshold(
  budget: AlertBudget & { readonly snoozeN: number },
  capacity = BUDGET_HISTORY,
): BudgetThreshold {
  const timestamps: number[] = []
  const scores: number[] = []
  let day = Number.NEGATIVE_INFINITY
  let threshold = budget.fallback
  return {
    next(timestamp, smoothed) {
      const today = Math.floor(timestamp / DAY)
      if (today !== day) {
        day = today
        // Now and then instead of at every point: taking the first of an array moves all the others.
        timestamps.splice(0, timestamps.length - capacity)
        scores.splice(0, scores.length - capacity)
        threshold = thresholdForBudget(
          { timestamps: Float64Array.from(timestamps), scores: Float64Array.from(scores) },
          budget,
        )
      } else if (scores.length > 2 * capacity) {
        timestamps.splice(0, capacity)
        scores.splice(0, capacity)
      }
      timestamps.push(timestamp)
      scores.push(smoothed)
      return threshold
    },
  }
}

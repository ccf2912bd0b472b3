/** When a series of scores becomes an alert. */
export interface AnomalyPolicySettings {
  /** Smoothed scores at or above it alert. */
  readonly threshold: number
  /** The score that is judged is the mean of the newest so many, or of as many as there are; 0 and 1 mean no smoothing. */
  readonly smoothN: number
  /** No alert within so many scored points of the last one, nor of the last point that went on exceeding after it: an
   * anomaly that lasts, or flaps at the threshold, is one. With 0 every exceeding point alerts. */
  readonly snoozeN: number
}

export interface Judgement {
  readonly smoothed: number
  /** Whether the smoothed score reaches the threshold. */
  readonly exceeds: boolean
  /** Whether it alerts: it exceeds and no earlier alert is near. */
  readonly alert: boolean
}

/** Judges scores one by one in constant memory; the same decisions as `decideAnomalies` with every point new. */
export interface AnomalyPolicy {
  next(score: number): Judgement
}

/** Sums of rounded scores carry errors of some 1e-17; a mean that is the threshold to nine decimals has reached it. */
const SLACK = 1e-9

/** Whether a smoothed score reaches the threshold. */
export function reaches(smoothed: number, threshold: number): boolean {
  return smoothed >= threshold - SLACK
}

/** A policy at the start of a series. */
export function createAnomalyPolicy(settings: AnomalyPolicySettings): AnomalyPolicy {
  const width = Math.max(1, settings.smoothN)
  const newest: number[] = []
  const trouble = createTrouble(settings.snoozeN)
  return {
    next(score) {
      newest.push(score)
      if (newest.length > width) newest.shift()
      const smoothed = newest.reduce((sum, value) => sum + value, 0) / newest.length
      const exceeds = reaches(smoothed, settings.threshold)
      const alert = exceeds && !trouble.snoozes()
      trouble.pass({ alert, exceeds })
      return { smoothed, exceeds, alert }
    },
  }
}

/** Remembers how far back the last alert, or what continued it, is. */
export interface Trouble {
  /** Whether an alert at the next point would only repeat the last one. */
  snoozes(): boolean
  pass(point: { readonly alert: boolean; readonly exceeds: boolean }): void
}

/** `ongoing`: the series begins in the middle of an anomaly that has been alerted on. */
export function createTrouble(snoozeN: number, ongoing = false): Trouble {
  let pointsSince = ongoing ? 0 : Number.POSITIVE_INFINITY
  const snoozes = () => pointsSince < snoozeN
  return {
    snoozes,
    pass({ alert, exceeds }) {
      pointsSince = alert || (exceeds && snoozes()) ? 0 : pointsSince + 1
    },
  }
}

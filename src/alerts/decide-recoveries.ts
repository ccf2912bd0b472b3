import type { Alert } from './alert.ts'

export interface RecoveryQuestion {
  /** Ascending, UTC epoch ms. */
  readonly timestamps: Float64Array
  /** Whether the point at an index is at or above the level. */
  readonly exceeds: (index: number) => boolean
  /** An anomaly is over after so many points in a row below. */
  readonly recoverN: number
}

/** That an anomaly is over. */
export interface Recovered {
  readonly alert: Alert
  /** Its first point as usual, UTC epoch ms. */
  readonly at: number
  /** Whether that was seen to happen. What began and ended before the points at hand was over unnoticed, by this time at the latest. */
  readonly seen: boolean
}

/** Which of these alerts of one metric are over, of those that were not yet. */
export function decideRecoveries(
  alerts: readonly Alert[],
  { timestamps, exceeds, recoverN }: RecoveryQuestion,
): readonly Recovered[] {
  const open = alerts.filter(
    ({ recoveredAt, revisedAt }) => recoveredAt === undefined && revisedAt === undefined,
  )
  if (open.length === 0) return []
  return open.flatMap((alert): Recovered[] => {
    let calm = 0
    for (let index = 0; index < timestamps.length; index++) {
      if (timestamps[index]! <= alert.timestamp) continue
      calm = exceeds(index) ? 0 : calm + 1
      if (calm < recoverN) continue
      const first = index - recoverN + 1
      return [{ alert, at: timestamps[first]!, seen: first > 0 }]
    }
    return []
  })
}

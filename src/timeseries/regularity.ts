/** How well timestamps keep to a step. */
export interface Regularity {
  /** Share of the distances between neighbours that are whole numbers of steps, give or take some jitter. */
  readonly onStep: number
  /** Share of the distances that are one step. */
  readonly oneStep: number
  /** Points that would stand in the gaps. */
  readonly missing: number
  /** Share of all points, missing ones included, that are missing. */
  readonly missingShare: number
}

/** Distances may differ from whole steps by this share of a step: jitter, clock changes, months. */
const JITTER = 0.12

/** How regular ascending timestamps are, for a step in ms. */
export function regularityOf(timestamps: Float64Array, step: number): Regularity {
  let onStep = 0
  let oneStep = 0
  let missing = 0
  const distances = timestamps.length - 1
  if (distances < 1 || !(step > 0)) return { onStep: 1, oneStep: 1, missing: 0, missingShare: 0 }
  for (let i = 1; i < timestamps.length; i++) {
    const steps = (timestamps[i]! - timestamps[i - 1]!) / step
    const whole = Math.max(1, Math.round(steps))
    if (Math.abs(steps - whole) <= JITTER) {
      onStep++
      if (whole === 1) oneStep++
    }
    missing += whole - 1
  }
  return {
    onStep: onStep / distances,
    oneStep: oneStep / distances,
    missing,
    missingShare: missing / (missing + timestamps.length),
  }
}

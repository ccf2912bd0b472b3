/** An anomaly from the first point at or above the level on, to the last before it is over. */
export interface Stretch {
  /** Its first point at or above the level, UTC epoch ms. */
  readonly began: number
  /** What was expected when it began; undefined where nothing was. */
  readonly reference: number | undefined
  /** How far its most distant value so far lies from that; undefined where there is nothing to compare with. */
  readonly change: number | undefined
  /** That value. */
  readonly peak: number | undefined
  /** Points in a row, up to this one, at or above the level. */
  readonly run: number
}

interface StretchPoint {
  readonly timestamp?: number | undefined
  readonly value?: number | undefined
  readonly expected?: number | null | undefined
}

/** Follows the anomalies of a series. */
export interface Stretches {
  /** The anomaly that the newest point belongs to, if any: it is over after `recoverN` points below the level. `window` are the points whose scores
   * were judged together, ending at the newest: with smoothing the strange value may be one before it. */
  next(exceeds: boolean, window: readonly StretchPoint[]): Stretch | undefined
}

/** Of an anomaly, all is measured from where it began: on the way back from a peak each value lies below the one before, but the anomaly went up. */
export function createStretches(recoverN: number): Stretches {
  let current: Stretch | undefined
  let below = 0
  return {
    next(exceeds, window) {
      const point = window.at(-1) ?? {}
      if (!exceeds) {
        below++
        if (below >= recoverN) current = undefined
        else if (current !== undefined) current = { ...withPoint(current, point), run: 0 }
        return current
      }
      below = 0
      if (current === undefined) {
        const reference = window.map(({ expected }) => expected).find(isKnown)
        const began: Stretch = {
          began: point.timestamp ?? 0,
          reference,
          change: undefined,
          peak: undefined,
          run: 0,
        }
        current = window.reduce(withPoint, began)
      } else current = withPoint(current, point)
      current = { ...current, run: current.run + 1 }
      return current
    },
  }
}

function isKnown(number: number | null | undefined): number is number {
  return typeof number === 'number' && Number.isFinite(number)
}

function withPoint(stretch: Stretch, { value, expected }: StretchPoint): Stretch {
  const reference = stretch.reference ?? (isKnown(expected) ? expected : undefined)
  if (reference === undefined || !isKnown(value)) return stretch
  const change = value - reference
  if (stretch.change !== undefined && Math.abs(change) <= Math.abs(stretch.change)) return stretch
  return { ...stretch, reference, change, peak: value }
}

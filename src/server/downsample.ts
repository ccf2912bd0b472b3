/** What a drawing needs of a series: its values and scores, where NaN means none, and the points that must stay. */
export interface Downsampling {
  readonly values: ArrayLike<number>
  readonly scores: ArrayLike<number>
  /** Indices that must be kept, ascending: the points with alerts. */
  readonly keep: readonly number[]
  /** At least 10. */
  readonly maxPoints: number
}

/**
 * Picks at most `maxPoints` indices, ascending, so that the drawn line looks the same: in each stretch the lowest and highest value
 * and the highest score, besides the ends and the points to keep (the newest of those when they alone are too many).
 */
export function downsample({ values, scores, keep, maxPoints }: Downsampling): readonly number[] {
  const length = values.length
  if (length <= maxPoints) return Array.from({ length }, (_, index) => index)
  const picked = new Set<number>([0, length - 1])
  const room = Math.floor(maxPoints / 2)
  for (const index of keep.slice(-room)) picked.add(index)
  const stretches = Math.max(1, Math.floor((maxPoints - picked.size) / 3))
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = Math.floor((stretch * length) / stretches)
    const to = Math.floor(((stretch + 1) * length) / stretches)
    for (const index of extremes(values, scores, from, to)) if (picked.size < maxPoints) picked.add(index)
  }
  return [...picked].sort((a, b) => a - b)
}

function extremes(values: ArrayLike<number>, scores: ArrayLike<number>, from: number, to: number): number[] {
  let lowest = -1
  let highest = -1
  let strangest = -1
  for (let index = from; index < to; index++) {
    const value = values[index]!
    const score = scores[index]!
    if (!Number.isNaN(value)) {
      if (lowest < 0 || value < values[lowest]!) lowest = index
      if (highest < 0 || value > values[highest]!) highest = index
    }
    if (!Number.isNaN(score) && (strangest < 0 || score > scores[strangest]!)) strangest = index
  }
  return [lowest, highest, strangest].filter((index) => index >= 0)
}

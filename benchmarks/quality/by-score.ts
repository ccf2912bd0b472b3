/** Points from the strangest to the least strange, in groups of one score. */
export interface ByScore {
  readonly order: Uint32Array
  /** Where each group ends in `order`, the end excluded; ascending. */
  readonly ends: readonly number[]
}

/** Ranks points by their scores; one without a score (NaN) comes last. */
export function byScore(scores: Float64Array): ByScore {
  const known = scores.map((score) => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score))
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) =>
    known[a]! === known[b]! ? a - b : known[b]! > known[a]! ? 1 : -1,
  )
  const ends: number[] = []
  order.forEach((point, i) => {
    const next = order[i + 1]
    if (next === undefined || known[next] !== known[point]) ends.push(i + 1)
  })
  return { order, ends }
}

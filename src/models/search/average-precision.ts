/**
 * Average precision: the mean, over the positives, of the share of positives among all that score at least as high. 1 when every positive stands
 * above every negative; the share of positives for scores without meaning. Equal scores count as one step, as in scikit-learn 1.9.1
 * (`average_precision_score`). NaN without a positive.
 */
export function averagePrecision(positives: readonly number[], negatives: readonly number[]): number {
  const all = [
    ...positives.map((score) => ({ score, positive: true })),
    ...negatives.map((score) => ({ score, positive: false })),
  ].sort((a, b) => b.score - a.score)
  let found = 0
  let area = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    let more = 0
    while (to < all.length && all[to]!.score === all[from]!.score) {
      if (all[to]!.positive) more++
      to++
    }
    found += more
    area += (more * found) / to
    from = to
  }
  return positives.length === 0 ? Number.NaN : area / positives.length
}

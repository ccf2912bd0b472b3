import { byScore } from './by-score.ts'

/**
 * Average precision: the area under the steps of precision over recall, Σ (R_n − R_{n−1}) · P_n, with points of one score taken together (as
 * scikit-learn's `average_precision_score`). A point without a score (NaN) is the least strange of all. NaN when no point, or no label, is there.
 */
export function averagePrecision(scores: Float64Array, labels: Uint8Array): number {
  const positives = labels.reduce((sum, label) => sum + label, 0)
  if (positives === 0) return Number.NaN
  const { order, ends } = byScore(scores)
  let area = 0
  let hits = 0
  let begin = 0
  for (const end of ends) {
    let gained = 0
    for (let i = begin; i < end; i++) gained += labels[order[i]!]!
    hits += gained
    area += (gained / positives) * (hits / end)
    begin = end
  }
  return area
}

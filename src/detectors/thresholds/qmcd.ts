import { midpoint, thresholdInUnits } from './unit-scores.ts'

/** The quantile 1 - d of the scores, d their wrap-around discrepancy from evenly spread ones (Hickernell 1998). */
export function qmcd(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const n = unit.length
    // The sums of |a - b| and of (a - b)² over all pairs, from running sums over the ascending scores.
    let sum = 0
    let squares = 0
    let distances = 0
    unit.forEach((score, i) => {
      distances += score * i - sum
      sum += score
      squares += score * score
    })
    const pairs = 2 * (n * squares - sum * sum) - 2 * distances
    const discrepancy = -4 / 3 + 3 / 2 + pairs / (n * n)
    return midpoint(unit, 1 - discrepancy)
  })
}

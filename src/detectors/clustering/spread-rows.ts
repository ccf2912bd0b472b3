import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { squaredDistances } from '../linear-algebra/squared-distances.ts'

/**
 * Rows far from each other, by greedy k-means++ (Arthur, Vassilvitskii 2007): each next row is the best of a few that were drawn by the
 * square of their distance to those before. Rows are numbered from 0.
 */
export function spreadRows(points: Matrix, count: number, random: Random): Int32Array {
  const { rows } = points
  const trials = 2 + Math.floor(Math.log(count))
  const seeds = new Int32Array(count)
  seeds[0] = random.int(rows)
  let nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY)
  let potential = approach(points, seeds[0], nearest)
  let trial = new Float64Array(rows)
  let best = new Float64Array(rows)
  for (let k = 1; k < count; k++) {
    let bestPotential = Number.POSITIVE_INFINITY
    for (let i = 0; i < trials; i++) {
      const row = drawRow(nearest, random.next() * potential)
      trial.set(nearest)
      const next = approach(points, row, trial)
      if (next >= bestPotential) continue
      bestPotential = next
      seeds[k] = row
      const spare = best
      best = trial
      trial = spare
    }
    potential = bestPotential
    const spare = nearest
    nearest = best
    best = spare
  }
  return seeds
}

/** Lowers the squared distances to the nearest seed by a new one; returns their sum. */
function approach(points: Matrix, seed: number, nearest: Float64Array): number {
  const { data, rows, columns } = points
  const squares = new Float64Array(rows)
  squaredDistances(points, { query: data, offset: seed * columns, from: 0, to: rows }, squares)
  let total = 0
  for (let row = 0; row < rows; row++) {
    if (squares[row]! < nearest[row]!) nearest[row] = squares[row]!
    total += nearest[row]!
  }
  return total
}

/** The first row at which the running sum of weights reaches `sum`. */
function drawRow(weights: Float64Array, sum: number): number {
  let running = 0
  for (let row = 0; row < weights.length; row++) {
    running += weights[row]!
    if (running >= sum && running > 0) return row
  }
  return weights.length - 1
}

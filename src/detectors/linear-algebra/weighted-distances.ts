import type { Matrix } from '../detector.ts'
import type { Standard } from '../statistics/standardise.ts'

// Rows that are judged together, few enough to stay near the processor.
const BLOCK = 64
// Where a distance is this small beside its terms it is taken again, from the differences.
const CANCELLED = 1e-3

/**
 * Of each row, brought to the standard, the sum of its distances to points (row-major), each divided by the divisor of the point; finite for
 * all rows, and the same for a row alone and among others.
 */
export function weightedDistances(
  { mean, scale }: Standard,
  points: Float64Array,
  divisors: Float64Array,
): (rows: Matrix) => Float64Array {
  const columns = mean.length
  const norms = new Float64Array(divisors.length)
  for (let i = 0; i < points.length; i++) norms[Math.floor(i / columns)]! += points[i]! * points[i]!
  const axes: Axes = {
    points,
    norms,
    mean,
    // Multiplying takes a fraction of the time of dividing.
    inverse: scale.map((value) => Math.min(Number.MAX_VALUE, 1 / value)),
    factors: divisors.map((divisor) => 1 / divisor),
  }
  const block: Block = {
    z: new Float64Array(BLOCK * columns),
    lengths: new Float64Array(BLOCK),
    totals: new Float64Array(BLOCK),
    products: new Float64Array(2 * BLOCK),
  }
  return (data) => {
    const scores = new Float64Array(data.rows)
    for (let first = 0; first < data.rows; first += BLOCK) {
      const count = Math.min(BLOCK, data.rows - first)
      fillBlock(data, first, { axes, block })
      for (let i = 0; i < divisors.length; i += 2) {
        multiply(axes, i, block)
        addDistances(axes, i, block, 0)
        if (i + 1 < divisors.length) addDistances(axes, i + 1, block, BLOCK)
      }
      for (let row = 0; row < count; row++) {
        const score = block.totals[row]!
        scores[first + row] = Number.isFinite(score)
          ? score
          : farScore(
              mean.map((_, j) => block.z[j * BLOCK + row]!),
              divisors,
            )
      }
    }
    return scores
  }
}

interface Axes {
  readonly points: Float64Array
  /** The squared length of each point. */
  readonly norms: Float64Array
  readonly mean: Float64Array
  readonly inverse: Float64Array
  readonly factors: Float64Array
}

interface Block {
  /** Standardised rows, column by column. */
  readonly z: Float64Array
  /** Their squared lengths. */
  readonly lengths: Float64Array
  /** Their scores, when all points are done. */
  readonly totals: Float64Array
  /** Their products with a point, and then with the next. */
  readonly products: Float64Array
}

function fillBlock(
  { data, rows }: Matrix,
  first: number,
  { axes, block }: { readonly axes: Axes; readonly block: Block },
): void {
  const { mean, inverse } = axes
  const { z, lengths, totals } = block
  const columns = mean.length
  const count = Math.min(BLOCK, rows - first)
  totals.fill(0)
  for (let row = 0, from = first * columns; row < count; row++, from += columns) {
    let squares = 0
    for (let j = 0, cell = row; j < columns; j++, cell += BLOCK) {
      const value = (data[from + j]! - mean[j]!) * inverse[j]!
      z[cell] = value
      squares += value * value
    }
    lengths[row] = squares
  }
}

/**
 * Multiplies the rows of a block, whatever stands behind the last, by point i and the next: two points by four rows at a time, because
 * reading is what takes the time.
 */
function multiply({ points, norms, mean }: Axes, i: number, { z, products }: Block): void {
  const columns = mean.length
  const from = i * columns
  // A last point without a next is its own.
  const start = Math.min(i + 1, norms.length - 1) * columns
  for (let row = 0; row < BLOCK; row += 4) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    let t0 = 0
    let t1 = 0
    let t2 = 0
    let t3 = 0
    for (let j = 0, cell = row; j < columns; j++, cell += BLOCK) {
      const loading = points[from + j]!
      const nextLoading = points[start + j]!
      const z0 = z[cell]!
      const z1 = z[cell + 1]!
      const z2 = z[cell + 2]!
      const z3 = z[cell + 3]!
      s0 += loading * z0
      s1 += loading * z1
      s2 += loading * z2
      s3 += loading * z3
      t0 += nextLoading * z0
      t1 += nextLoading * z1
      t2 += nextLoading * z2
      t3 += nextLoading * z3
    }
    products[row] = s0
    products[row + 1] = s1
    products[row + 2] = s2
    products[row + 3] = s3
    products[BLOCK + row] = t0
    products[BLOCK + row + 1] = t1
    products[BLOCK + row + 2] = t2
    products[BLOCK + row + 3] = t3
  }
}

/** Adds the weighted distances to point i, from |z|² - 2 z·v + |v|²; the products begin at `at`. */
function addDistances(axes: Axes, i: number, { z, lengths, totals, products }: Block, at: number): void {
  const norm = axes.norms[i]!
  const factor = axes.factors[i]!
  for (let row = 0; row < BLOCK; row++) {
    const squares = lengths[row]! + norm
    const squared = squares - 2 * products[at + row]!
    totals[row]! +=
      factor *
      Math.sqrt(squared > CANCELLED * squares ? squared : exactly(z, row, axes.points, i * axes.mean.length))
  }
}

function exactly(z: Float64Array, row: number, points: Float64Array, from: number): number {
  let squares = 0
  for (let j = 0; j * BLOCK < z.length; j++) squares += (z[j * BLOCK + row]! - points[from + j]!) ** 2
  return squares
}

/** The score of a row so far away that its squares overflow; the unit vectors are nothing beside it. */
function farScore(z: Float64Array, divisors: Float64Array): number {
  const distance = Math.min(
    Math.hypot(...z.map((value) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)))),
    Number.MAX_VALUE,
  )
  return Math.min(
    divisors.reduce((score, divisor) => score + distance / divisor, 0),
    Number.MAX_VALUE,
  )
}

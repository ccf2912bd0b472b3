import type { Matrix } from '../detector.ts'
import { productTile, TILE_COLUMNS, TILE_ROWS } from '../linear-algebra/product-tile.ts'
import { type Kernel, kernelRow } from './kernel.ts'

/** Training rows as points in the space of a kernel, seen from their middle. */
export interface FeatureSpace {
  readonly kernel: Kernel
  readonly points: Matrix
  /** The mean of the kernel values of each point and all. */
  readonly means: Float64Array
  /** The mean of all kernel values. */
  readonly mean: number
}

/**
 * The coordinates of a point on some axes: the sums over the points of entry times centred kernel value. Axes are as long as there are
 * points; those of a `triangle` grow by one, from one.
 */
export interface Axes {
  readonly shape: 'triangle' | 'rows'
  readonly entries: Float64Array
}

/** The space of some points, with their centred kernel matrix (row-major) and their squared distances from the middle. */
export function featureSpace(
  points: Matrix,
  kernel: Kernel,
): { readonly space: FeatureSpace; readonly centred: Float64Array; readonly distances: Float64Array } {
  const { data, rows, columns } = points
  const centred = new Float64Array(rows * rows)
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    kernelRow(kernel, points, { query: data, offset: i * columns, from: i, to: rows }, values)
    for (let j = i; j < rows; j++) centred[i * rows + j] = centred[j * rows + i] = values[j]!
  }
  const means = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let j = 0; j < rows; j++) sum += centred[i * rows + j]!
    means[i] = sum / rows
  }
  const mean = means.reduce((sum, value) => sum + value, 0) / rows
  const distances = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    distances[i] = centred[i * rows + i]! - 2 * means[i]! + mean
    for (let j = 0; j < rows; j++) centred[i * rows + j]! += mean - means[i]! - means[j]!
  }
  return { space: { kernel, points, means, mean }, centred, distances }
}

// Rows that are judged together, so that the axes are read once for all of them: few enough to stay near the processor.
const TOGETHER = 24

/** Of each row, the squared distance from the middle less that of its foot in the space of the axes: what the axes leave unexplained. */
export function unexplained(
  { kernel, points, means, mean }: FeatureSpace,
  axes: Axes,
  queries: Matrix,
): Float64Array {
  const { rows, columns } = queries
  const count = points.rows
  const scores = new Float64Array(rows)
  kernelDiagonal(kernel, queries, scores)
  const together = Math.min(TOGETHER, rows)
  const group = new Float64Array(together * count)
  for (let first = 0; first < rows; first += together) {
    const end = Math.min(rows, first + together)
    for (let row = first; row < end; row++) {
      const values = group.subarray((row - first) * count, (row - first + 1) * count)
      kernelRow(kernel, points, { query: queries.data, offset: row * columns, from: 0, to: count }, values)
      let sum = 0
      for (let i = 0; i < count; i++) sum += values[i]!
      const own = sum / count
      scores[row]! += mean - 2 * own
      for (let i = 0; i < count; i++) values[i]! += mean - own - means[i]!
    }
    subtractFeet(axes, { data: group, rows: end - first, columns: count }, scores.subarray(first, end))
  }
  return scores
}

function kernelDiagonal(kernel: Kernel, matrix: Matrix, out: Float64Array): void {
  for (let row = 0; row < matrix.rows; row++)
    kernelRow(
      kernel,
      matrix,
      { query: matrix.data, offset: row * matrix.columns, from: row, to: row + 1 },
      out,
    )
}

/** Takes the squared length of the foot of each row of values from its score. */
function subtractFeet({ shape, entries }: Axes, group: Matrix, scores: Float64Array): void {
  const { data, columns: count } = group
  const isTriangle = shape === 'triangle'
  const axes = isTriangle ? count : entries.length / count
  const startOf = (axis: number): number => (isTriangle ? (axis * (axis + 1)) / 2 : axis * count)
  const four = { data: entries, starts: new Int32Array(TILE_ROWS) }
  const two = { data, starts: new Int32Array(TILE_COLUMNS) }
  const products = new Float64Array(TILE_ROWS * TILE_COLUMNS)
  for (let axis = 0; axis < axes; axis += TILE_ROWS) {
    // Axes and rows past the last are the last once more, and count nothing.
    for (let r = 0; r < TILE_ROWS; r++) four.starts[r] = startOf(Math.min(axis + r, axes - 1))
    const shared = isTriangle ? axis + 1 : count
    for (let row = 0; row < scores.length; row += TILE_COLUMNS) {
      for (let c = 0; c < TILE_COLUMNS; c++) two.starts[c] = Math.min(row + c, scores.length - 1) * count
      productTile(four, two, shared, products)
      for (let r = 0; r < Math.min(TILE_ROWS, axes - axis); r++)
        for (let c = 0; c < Math.min(TILE_COLUMNS, scores.length - row); c++) {
          let coordinate = products[r * TILE_COLUMNS + c]!
          // The rest of a longer row of the triangle.
          if (isTriangle)
            for (let i = shared; i <= axis + r; i++)
              coordinate += entries[four.starts[r]! + i]! * data[two.starts[c]! + i]!
          scores[row + c]! -= coordinate * coordinate
        }
    }
  }
}

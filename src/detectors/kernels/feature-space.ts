import type { Matrix } from '../detector.ts'
import { createRowProducts, type RowProducts } from '../linear-algebra/row-products.ts'
import { TILE_ROWS } from '../linear-algebra/tile.ts'
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
  const products = createRowProducts(Math.min(TOGETHER, rows), count)
  const values = new Float64Array(count)
  for (let first = 0; first < rows; first += TOGETHER) {
    const end = Math.min(rows, first + TOGETHER)
    for (let row = first; row < end; row++) {
      kernelRow(kernel, points, { query: queries.data, offset: row * columns, from: 0, to: count }, values)
      let sum = 0
      for (let i = 0; i < count; i++) sum += values[i]!
      const own = sum / count
      scores[row]! += mean - 2 * own
      for (let i = 0; i < count; i++) values[i]! += mean - own - means[i]!
      products.hold(row - first, values)
    }
    subtractFeet(axes, count, products, scores.subarray(first, end))
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

/** Takes the squared lengths of the feet of the rows that are held from their scores. */
function subtractFeet(
  { shape, entries }: Axes,
  count: number,
  products: RowProducts,
  scores: Float64Array,
): void {
  const isTriangle = shape === 'triangle'
  for (let axis = 0, from = 0; from < entries.length; axis += TILE_ROWS) {
    let used = 0
    for (; used < TILE_ROWS && from < entries.length; used++) {
      const length = isTriangle ? axis + used + 1 : count
      products.set(used, entries.subarray(from, from + length), 0)
      from += length
    }
    const coordinates = products.multiply(0, isTriangle ? axis + used : count)
    for (let r = 0; r < used; r++)
      for (let row = 0; row < scores.length; row++)
        scores[row]! -= coordinates[r * products.width + row]! ** 2
  }
}

import { createRandom, type Random } from '../../src/core/random.ts'
import type { Matrix } from '../../src/detectors/detector.ts'

/** A standard normal number. */
export function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** Rows of standard normal numbers. */
export function gaussianRows(rows: number, columns: number, seed = 1): Matrix {
  const random = createRandom(seed)
  return { data: Float64Array.from({ length: rows * columns }, () => gauss(random)), rows, columns }
}

/** A matrix of the given rows. */
export function matrixOf(rows: readonly (readonly number[])[]): Matrix {
  return { data: Float64Array.from(rows.flat()), rows: rows.length, columns: rows[0]?.length ?? 1 }
}

/** One row of a matrix, as a matrix. */
export function rowOf({ data, columns }: Matrix, row: number): Matrix {
  return { data: data.slice(row * columns, (row + 1) * columns), rows: 1, columns }
}

/** Area under the ROC curve: how probable it is that an outlier scores above an inlier. */
export function areaUnderCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let wins = 0
  let pairs = 0
  for (let i = 0; i < scores.length; i++)
    for (let j = 0; j < scores.length; j++) {
      if (labels[i] !== 1 || labels[j] !== 0) continue
      pairs++
      wins += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0
    }
  return wins / pairs
}

/** Rank correlation. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranks(a), ranks(b)]
  const middle = (x.length - 1) / 2
  let product = 0
  let squaresX = 0
  let squaresY = 0
  for (let i = 0; i < x.length; i++) {
    product += (x[i]! - middle) * (y[i]! - middle)
    squaresX += (x[i]! - middle) ** 2
    squaresY += (y[i]! - middle) ** 2
  }
  return product / Math.sqrt(squaresX * squaresY)
}

function ranks(values: ArrayLike<number>): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const result = Array.from({ length: values.length }, () => 0)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let i = from; i < to; i++) result[order[i]!] = (from + to - 1) / 2
    from = to
  }
  return result
}

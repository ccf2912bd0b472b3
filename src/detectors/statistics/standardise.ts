import type { Matrix } from '../detector.ts'

/** What is subtracted from each column, and what it is then divided by. */
export interface Standard {
  readonly mean: Float64Array
  readonly scale: Float64Array
}

// Beyond this, squares overflow: such columns are computed on after an exact division by a power of two.
const LARGE = 2 ** 480

/**
 * Mean and population standard deviation of each column, and the rows brought to them. As in scikit-learn's
 * StandardScaler a column that cannot be told from a
 * constant has scale 1. Without `divide` the rows are only centred, all scales are 1, and the centred rows
 * may be smaller by one common factor.
 */
export function standardise(
  { data, rows, columns }: Matrix,
  divide: boolean,
): Standard & { centred: Float64Array } {
  const mean = new Float64Array(columns)
  const scale = new Float64Array(columns).fill(1)
  const centred = new Float64Array(data.length)
  const largest = new Float64Array(columns)
  for (let i = 0; i < data.length; i++)
    largest[i % columns] = Math.max(largest[i % columns]!, Math.abs(data[i]!))
  const common = shrinkFor(largest.reduce((most, size) => Math.max(most, size), 0))
  for (let j = 0; j < columns; j++) {
    const shrink = divide ? shrinkFor(largest[j]!) : common
    let sum = 0
    for (let i = j; i < data.length; i += columns) sum += data[i]! * shrink
    const middle = sum / rows
    let squares = 0
    let remainder = 0
    for (let i = j; i < data.length; i += columns) {
      const difference = data[i]! * shrink - middle
      squares += difference * difference
      remainder += difference
    }
    const variance = (squares - (remainder * remainder) / rows) / rows
    mean[j] = middle / shrink
    // Chan, Golub, LeVeque: the rounding error of the two-pass variance; below it the column is constant.
    const noise = rows * Number.EPSILON * variance + (rows * middle * Number.EPSILON) ** 2
    if (!(variance > noise)) continue
    const deviation = Math.sqrt(variance)
    if (divide) scale[j] = deviation / shrink
    for (let i = j; i < data.length; i += columns)
      centred[i] = (data[i]! * shrink - middle) / (divide ? deviation : 1)
  }
  return { mean, scale, centred }
}

function shrinkFor(largest: number): number {
  return largest > LARGE ? 2 ** -Math.ceil(Math.log2(largest)) : 1
}

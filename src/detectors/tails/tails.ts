import type { Matrix } from '../detector.ts'
import { bucketOf, type Guide, guideFor } from '../statistics/guide.ts'
import { type Moments, momentsOfSorted, skewSign, skewSignWith } from '../statistics/skewness.ts'

/**
 * The rows that a new row is compared with. `train`: the training rows. `pyod`: the training rows and the row itself, as in PyOD when it
 * is asked about one row.
 */
export const REFERENCES = ['train', 'pyod'] as const
export type Reference = (typeof REFERENCES)[number]

/** Of each cell of a matrix, how strange it is to lie so far down or so far up. */
export interface Tails {
  /** -log of the share of reference values that are not above the cell. */
  readonly left: Float64Array
  /** -log of the share of reference values that are not below the cell. */
  readonly right: Float64Array
  /** Sign of the skewness of the reference values of the cell's column. */
  readonly skew: Int8Array
}

export interface TailMeter {
  /** Of rows that the training may hold or not. */
  measure(data: Matrix, reference: Reference): Tails
}

/**
 * Compares rows with the columns of the training rows. Beyond all training values the share is 1 / (n + 1) for n rows, less than that of any
 * of them, so that a logarithm is always finite.
 */
export function tailsOf(training: Matrix): TailMeter {
  const { rows, columns } = training
  const sorted = Array.from({ length: columns }, (_, j) => columnOf(training, j).sort())
  const guides = sorted.map(guideFor)
  const moments = sorted.map(momentsOfSorted)
  const among = logarithms(rows, rows)
  const amongWithOwn = logarithms(rows + 1, rows + 1).subarray(1)
  return {
    measure(data, reference) {
      const tails = {
        left: new Float64Array(data.data.length),
        right: new Float64Array(data.data.length),
        skew: new Int8Array(data.data.length),
      }
      const shares = reference === 'train' ? among : amongWithOwn
      for (let j = 0; j < columns; j++) {
        fillColumn(data, j, { guide: guides[j]!, shares, tails })
        fillSkew(data, j, { moments: moments[j]!, reference, skew: tails.skew })
      }
      return tails
    },
  }
}

/** -log(k / of) for k = 0 ... `most`; of none as if there were one in `most` + 1. */
function logarithms(most: number, of: number): Float64Array {
  const result = new Float64Array(most + 1)
  result[0] = Math.log(most + 1)
  for (let k = 1; k < most; k++) result[k] = -Math.log(k / of)
  return result
}

function columnOf({ data, rows, columns }: Matrix, j: number): Float64Array {
  const column = new Float64Array(rows)
  for (let i = 0, cell = j; i < rows; i++, cell += columns) column[i] = data[cell]!
  return column
}

interface Ranking {
  readonly guide: Guide
  /** -log of the share that so many values are. */
  readonly shares: Float64Array
  readonly tails: Tails
}

function fillColumn({ data, columns }: Matrix, j: number, { guide, shares, tails }: Ranking): void {
  const { left, right } = tails
  const { sorted, starts } = guide
  const count = sorted.length
  for (let cell = j; cell < data.length; cell += columns) {
    const value = data[cell]!
    const bucket = bucketOf(guide, value)
    let below = starts[bucket]!
    let end = starts[bucket + 1]!
    for (let high = end; below < high; ) {
      const middle = (below + high) >> 1
      if (sorted[middle]! < value) below = middle + 1
      else high = middle
    }
    right[cell] = shares[count - below]!
    // How many are not above: most values occur once or never.
    let upTo = below
    if (upTo < end && sorted[upTo] === value) upTo++
    if (upTo < end && sorted[upTo] === value)
      while (upTo < end) {
        const middle = (upTo + end) >> 1
        if (sorted[middle]! <= value) upTo = middle + 1
        else end = middle
      }
    left[cell] = shares[upTo]!
  }
}

interface Skewing {
  readonly moments: Moments
  readonly reference: Reference
  readonly skew: Int8Array
}

function fillSkew({ data, columns }: Matrix, j: number, { moments, reference, skew }: Skewing): void {
  const own = skewSign(moments)
  for (let cell = j; cell < data.length; cell += columns)
    skew[cell] = reference === 'train' ? own : skewSignWith(moments, data[cell]!)
}

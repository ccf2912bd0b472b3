import type { Matrix } from '../detector.ts'
import { definePartTask } from '../parallel/parallel.ts'
import { divideAmount } from './distance-shares.ts'
import { EUCLIDEAN } from './metric.ts'
import { createSharedNeighbours } from './shared-neighbours.ts'

// Squares of larger values overflow: such rows are computed on after an exact multiplication by a power of two.
const LARGE = 2 ** 480

/** Training rows, and how the reference rows of a row are chosen among them and looked at. */
export interface Subspaces {
  readonly training: Matrix
  /** The nearest neighbours of each training row among the others, as many for each. */
  readonly lists: Int32Array
  readonly references: number
  readonly alpha: number
}

/** Rows and their nearest training rows, as many for each as in the lists. */
export interface PlacedRows {
  readonly rows: Matrix
  readonly neighbours: Int32Array
  /** The number of the training row that it is taken for, or -1. */
  readonly equal: Int32Array
}

/** Gives the scores of rows `from` to `to` (exclusive) and, where they are wanted, what each column adds to them. */
type Deviations = (
  placed: PlacedRows,
  from: number,
  to: number,
  scores: Float64Array,
  parts?: Float64Array,
) => void

export function createDeviations(subspaces: Subspaces): Deviations {
  const { training, lists, references: count } = subspaces
  const width = lists.length / training.rows
  const shared = createSharedNeighbours({ lists, width, count })
  const { deviation, differences } = deviationBy(subspaces)
  return ({ rows: { data, columns }, neighbours, equal }, from, to, scores, parts) => {
    for (let row = from; row < to; row++) {
      const references =
        equal[row]! >= 0
          ? shared.nearestOf(equal[row]!)
          : shared.nearestBy(neighbours.subarray(row * width, (row + 1) * width))
      const score = deviation(data.subarray(row * columns, (row + 1) * columns), references)
      scores[row - from] = score
      if (parts === undefined) continue
      divideAmount(EUCLIDEAN, differences, score)
      parts.set(differences, (row - from) * columns)
    }
  }
}

interface Judged {
  readonly subspaces: Subspaces
  readonly placed: PlacedRows
}

export const referenceDeviations = definePartTask({
  name: 'reference deviations',
  output: (_: Judged, rows) => ({ scores: new Float64Array(rows) }),
  prepare({ subspaces, placed }) {
    const deviations = createDeviations(subspaces)
    return { perform: (from, to, { scores }) => deviations(placed, from, to, scores) }
  },
})

interface Deviation {
  /** The score of a row by its reference rows. */
  deviation(row: Float64Array, references: Int32Array): number
  /** Of the row that was scored last: how far it is off in each column that counts. */
  readonly differences: Float64Array
}

function deviationBy({ training, alpha }: Subspaces): Deviation {
  const { data, columns } = training
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const shrink = largest > LARGE ? 2 ** -Math.ceil(Math.log2(largest)) : 1
  const means = new Float64Array(columns)
  const variances = new Float64Array(columns)
  const differences = new Float64Array(columns)
  const deviation = (row: Float64Array, references: Int32Array): number => {
    const count = references.length
    let total = 0
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let i = 0; i < count; i++) sum += data[references[i]! * columns + j]! * shrink
      const mean = sum / count
      let squares = 0
      for (let i = 0; i < count; i++) {
        const difference = data[references[i]! * columns + j]! * shrink - mean
        squares += difference * difference
      }
      means[j] = mean
      variances[j] = squares / count
      total += squares
    }
    const limit = (alpha * (total / count)) / columns
    let squares = 0
    let used = 0
    differences.fill(0)
    for (let j = 0; j < columns; j++) {
      if (!(variances[j]! < limit || total === 0)) continue
      const difference = row[j]! * shrink - means[j]!
      differences[j] = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, difference))
      squares += difference * difference
      used++
    }
    // Infinite is only the score of a row whose squares overflow.
    return used === 0 ? 0 : Math.min(Math.sqrt(squares / used) / shrink, Number.MAX_VALUE)
  }
  return { deviation, differences }
}

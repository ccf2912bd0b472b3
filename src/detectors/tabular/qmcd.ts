import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { sumKernels, sumKernelsWithin } from '../discrepancy/wrap-around.ts'

const options = z.strictObject({ contamination: contaminationOption })

/**
 * Score = discrepancy -(4/3)^d + Σ Π (3/2 - u + u²) / n², u being the distance from a training row in one column, as a share of the range
 * of that column. Where the training scores are skewed to the left, or flat-topped, usual rows have the high ones, and all
 * scores are turned around between the least and the greatest of the training.
 *
 * The discrepancy has a meaning within the range of the training rows only. Beyond it PyOD goes on with the polynomial, which grows: turned
 * around, that makes the farthest rows the most usual ones. A turned-around score is here that of the nearest place within the
 * range, and larger by the spread of the training scores for each range that a column is off. All other scores are PyOD's.
 */
export const qmcd = defineDetector({
  name: 'QMCD',
  summary: 'How much a row adds to the unevenness with which the training rows fill their range.',
  source:
    'PyOD 3.6.7 pyod/models/qmcd.py; Fang, Ma: Wrap-around L2-discrepancy of random sampling, Latin hypercube and uniform designs (2001)',
  family: 'tabular',
  complexity: { fit: 'n²', score: 'n' },
  options,
  example: { contamination: 0.05 },
  fit(data) {
    requireTrainable('QMCD', data, 2)
    const { low, range } = rangesOf(data)
    const unit = { data: new Float64Array(data.data.length), rows: data.rows, columns: data.columns }
    for (let row = 0; row < data.rows; row++) toUnit(data, row, { low, range }, unit.data, row * data.columns)
    const trainScores = discrepancies(sumKernelsWithin(unit), unit)
    let least = Number.POSITIVE_INFINITY
    let greatest = Number.NEGATIVE_INFINITY
    for (const score of trainScores) {
      least = Math.min(least, score)
      greatest = Math.max(greatest, score)
    }
    const turned = favoursHigh(trainScores)
    if (turned)
      for (let i = 0; i < trainScores.length; i++) trainScores[i] = greatest + least - trainScores[i]!
    return { model: createModel({ unit, low, range, turned, least, greatest }), trainScores }
  },
  restore(state) {
    const read = readState('QMCD', state)
    const unit = read.matrix('unit')
    const low = read.array('low', Float64Array)
    const range = read.array('range', Float64Array)
    read.require(
      unit.rows > 0 && unit.columns > 0 && low.length === unit.columns && range.length === unit.columns,
      'its arrays do not fit together',
    )
    const turned = read.text('order', ORDERS) === 'turned'
    return createModel({
      unit,
      low,
      range,
      turned,
      least: read.number('least'),
      greatest: read.number('greatest'),
    })
  },
})

const ORDERS = ['plain', 'turned'] as const

interface Ranges {
  readonly low: Float64Array
  /** Of each column, positive: 1 where it is constant. */
  readonly range: Float64Array
}

interface Discrepancy extends Ranges {
  /** The training rows, every column in 0..1. */
  readonly unit: Matrix
  readonly turned: boolean
  /** Of the training scores, before they were turned around. */
  readonly least: number
  readonly greatest: number
}

function rangesOf({ data, columns }: Matrix): Ranges {
  const low = data.slice(0, columns)
  const high = low.slice()
  for (let cell = columns; cell < data.length; )
    for (let j = 0; j < columns; j++, cell++) {
      const value = data[cell]!
      if (value < low[j]!) low[j] = value
      if (value > high[j]!) high[j] = value
    }
  return { low, range: high.map((value, j) => Math.min(value - low[j]!, Number.MAX_VALUE) || 1) }
}

/** Writes a row as shares of the ranges; halves keep the differences of the largest numbers finite. */
function toUnit(
  { data, columns }: Matrix,
  row: number,
  { low, range }: Ranges,
  to: Float64Array,
  at: number,
): void {
  for (let j = 0; j < columns; j++) {
    const value = data[row * columns + j]!
    const above = value - low[j]!
    const share = Number.isFinite(above) ? above / range[j]! : (value / 2 - low[j]! / 2) / (range[j]! / 2)
    to[at + j] = share
  }
}

/** What the rows with these sums of kernels add, as finite scores. */
function discrepancies(sums: Float64Array, { rows, columns }: Matrix): Float64Array {
  const offset = (4 / 3) ** columns
  return sums.map((sum) => finite(sum / (rows * rows) - offset))
}

function finite(score: number): number {
  return Math.min(score, Number.MAX_VALUE)
}

/** Whether the scores have a negative skewness, or a tail lighter than Gaussian ones; not where they are all the same but for rounding. */
function favoursHigh(scores: Float64Array): boolean {
  const count = scores.length
  const mean = scores.reduce((sum, score) => sum + score / count, 0)
  const moment = (power: number) => scores.reduce((sum, score) => sum + (score - mean) ** power / count, 0)
  const variance = moment(2)
  if (!(variance > (16 * Number.EPSILON * mean) ** 2)) return false
  return moment(3) < 0 || moment(4) / variance ** 2 < 3
}

function createModel(discrepancy: Discrepancy): Model {
  const { unit, low, range, turned, least, greatest } = discrepancy
  const { columns } = unit
  return {
    state: { unit, low, range, order: ORDERS[turned ? 1 : 0], least, greatest },
    score(matrix) {
      requireWidth('QMCD', matrix, columns)
      const queries = { data: new Float64Array(matrix.data.length), rows: matrix.rows, columns }
      const beyond = new Float64Array(matrix.rows)
      for (let row = 0; row < matrix.rows; row++) {
        toUnit(matrix, row, discrepancy, queries.data, row * columns)
        if (turned) beyond[row] = moveInside(queries.data, row * columns, columns)
      }
      const scores = discrepancies(sumKernels(unit, queries), unit)
      if (!turned) return scores
      return scores.map((score, row) => finite(greatest + least - score + beyond[row]! * (greatest - least)))
    },
  }
}

/** Moves the row at `from` to the nearest place within the range, and tells how far it was off, over all columns. */
function moveInside(queries: Float64Array, from: number, columns: number): number {
  let beyond = 0
  for (let cell = from; cell < from + columns; cell++) {
    const value = queries[cell]!
    const inside = Math.min(Math.max(value, 0), 1)
    beyond += Math.abs(value - inside)
    queries[cell] = inside
  }
  return beyond
}

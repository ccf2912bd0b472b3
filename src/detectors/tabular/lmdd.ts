import { z } from 'zod'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import {
  createGrowingValues,
  createSettledValues,
  DISPERSIONS,
  type DispersionKind,
} from '../statistics/dispersion.ts'
import { drawDistinct } from '../statistics/draw.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_iter: z
    .int()
    .min(1)
    .default(50)
    .meta({ description: 'In how many random orders the rows are looked at.' }),
  dis_measure: z.enum(DISPERSIONS).default('aad').meta({
    description:
      'Dissimilarity of a set of rows: mean absolute deviation, variance or interquartile range of all their values.',
  }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the orders; null takes the metric's own, so that results repeat either way.",
  }),
})

// Squares of larger values overflow: training rows with such values are first divided by a power of two, and so are their scores.
const LARGE = 2 ** 480
// New values are cut off here, for the same reason.
const FARTHEST = 1e150

/**
 * Score = largest smoothing factor of a row over random orders of the rows. In one order, the row that lets the dissimilarity of the rows so
 * far jump the most has that jump; each later row has as much, and on top what the dissimilarity of the rows before the jump
 * and itself loses by the jumping row, or nothing when it gains. The factor is multiplied by the number of rows without one.
 *
 * PyOD shuffles the batch that it scores. Here a new row comes last in each of the orders of the training rows, so that it depends on
 * no other. Training scores are PyOD's but for the random orders; they take its time divided by the number of rows, because the
 * dissimilarity is carried on from row to row. Where all rows are the same PyOD fails, and all scores are 0 here.
 */
export const lmdd = defineDetector({
  name: 'LMDD',
  summary: 'How much smoother the training rows are without a row.',
  source:
    'PyOD 3.6.7 pyod/models/lmdd.py; Arning, Agrawal, Raghavan: A linear method for deviation detection in large databases (1996)',
  family: 'tabular',
  complexity: { fit: 'orders · n log n', score: 'orders · log n' },
  options,
  example: { n_iter: 100, dis_measure: 'var' },
  fit(data, { n_iter, dis_measure, random_state }, { random }) {
    requireTrainable('LMDD', data, 2)
    const unit = unitOf(data)
    const training = { ...data, data: data.data.map((value) => toUnit(value, unit)) }
    const smoothing = { training, unit, kind: dis_measure }
    const { orders, scores } = smooth(
      smoothing,
      n_iter,
      random_state === null ? random : createRandom(random_state),
    )
    return { model: createModel(smoothing, orders), trainScores: scores }
  },
  restore(state) {
    const read = readState('LMDD', state)
    const training = read.matrix('training')
    const unit = { middle: read.number('middle'), shrink: read.number('shrink') }
    const kind = read.text('measure', DISPERSIONS)
    const rows = read.array('rows', Int32Array)
    const lengths = read.array('lengths', Int32Array)
    const jumps = read.array('jumps', Float64Array)
    const without = read.array('without', Int32Array)
    read.require(
      training.rows > 0 &&
        training.columns > 0 &&
        lengths.length > 0 &&
        jumps.length === lengths.length &&
        without.length === lengths.length &&
        lengths.every((length) => length > 0) &&
        lengths.reduce((sum, length) => sum + length, 0) === rows.length,
      'its arrays do not fit together',
    )
    read.require(
      rows.every((row) => row >= 0 && row < training.rows),
      'it orders rows that it does not have',
    )
    let start = 0
    const orders = Array.from(lengths, (length, i) => {
      const order = { rows: rows.subarray(start, start + length), jump: jumps[i]!, without: without[i]! }
      start += length
      return order
    })
    return createModel({ training, unit, kind }, orders)
  },
})

/** Values are computed with as (value - middle) · shrink; a constant is then exactly 0. */
interface Unit {
  readonly middle: number
  readonly shrink: number
}

interface Smoothing {
  readonly training: Matrix
  readonly unit: Unit
  readonly kind: DispersionKind
}

/** What is kept of an order of the rows. */
interface Order {
  /** Up to the one that lets the dissimilarity jump the most. */
  readonly rows: Int32Array
  /** By how much; 0 when none does. */
  readonly jump: number
  /** How many rows have no smoothing factor. */
  readonly without: number
}

function unitOf({ data }: Matrix): Unit {
  const sorted = data.slice().sort()
  const largest = Math.max(Math.abs(sorted[0]!), Math.abs(sorted[sorted.length - 1]!))
  const shrink = largest > LARGE ? 2 ** -Math.ceil(Math.log2(largest)) : 1
  return { middle: sorted[sorted.length >> 1]! * shrink, shrink }
}

function toUnit(value: number, { middle, shrink }: Unit): number {
  return Math.min(Math.max(value * shrink - middle, -FARTHEST), FARTHEST)
}

function smooth(
  smoothing: Smoothing,
  count: number,
  random: Random,
): { readonly orders: Order[]; readonly scores: Float64Array } {
  const { training, kind } = smoothing
  const { data, rows, columns } = training
  const growing = createGrowingValues(kind, data)
  const largest = new Float64Array(rows)
  const scores = new Float64Array(rows)
  const factors = new Float64Array(rows)
  const orders: Order[] = []
  for (let iteration = 0; iteration < count; iteration++) {
    const all = drawDistinct(random, rows, rows)
    const { place, jump } = largestJump(all)
    const order = all.slice(0, place + 1)
    factors.fill(0)
    let without = rows
    if (jump > 0) {
      const loss = lossBy(smoothing, order)
      factors[all[place]!] = jump
      for (let i = place + 1; i < rows; i++) {
        const lost = loss(data.subarray(all[i]! * columns, (all[i]! + 1) * columns))
        if (lost >= 0) factors[all[i]!] = jump + lost
      }
      for (let row = 0; row < rows; row++) if (factors[row]! > 0) without--
    }
    for (let row = 0; row < rows; row++) {
      if (!(factors[row]! > largest[row]!)) continue
      largest[row] = factors[row]!
      scores[row] = factors[row]! * without
    }
    orders.push({ rows: order, jump, without })
  }
  return { orders, scores }

  function largestJump(order: Int32Array): { place: number; jump: number } {
    growing.clear()
    let before = 0
    let place = 0
    let jump = 0
    for (let i = 0; i < rows; i++) {
      for (let cell = order[i]! * columns, end = cell + columns; cell < end; cell++) growing.add(cell)
      const now = growing.dispersion()
      if (i > 0 && now - before > jump) {
        jump = now - before
        place = i
      }
      before = now
    }
    return { place, jump }
  }
}

/** What the dissimilarity of the rows of an order but for the last, and one row more, loses by that last one. */
function lossBy({ training, kind }: Smoothing, order: Int32Array): (row: Float64Array) => number {
  const { data, columns } = training
  const values = new Float64Array(order.length * columns)
  for (let i = 0; i < order.length; i++)
    values.set(data.subarray(order[i]! * columns, (order[i]! + 1) * columns), i * columns)
  const before = createSettledValues(kind, values.slice(0, -columns))
  const after = createSettledValues(kind, values)
  return (row) => before(row) - after(row)
}

function createModel(smoothing: Smoothing, orders: readonly Order[]): Model {
  const { training, unit, kind } = smoothing
  const { rows, columns } = training
  const losses = orders.map((order) => lossBy(smoothing, order.rows))
  const all = createSettledValues(kind, training.data.slice())
  const usual = all(new Float64Array(0))
  const row = new Float64Array(columns)
  const scoreOf = (): number => {
    const last = all(row) - usual
    let largest = 0
    let score = 0
    for (let i = 0; i < orders.length; i++) {
      const { jump, without } = orders[i]!
      const jumps = last > jump
      const lost = jumps || jump === 0 ? -1 : losses[i]!(row)
      const factor = jumps ? last : lost >= 0 ? jump + lost : 0
      if (!(factor > largest)) continue
      largest = factor
      // Of the training rows none has a factor beside a last row that jumps.
      score = factor * (jumps ? rows : without)
    }
    return Math.min(score, Number.MAX_VALUE)
  }
  return {
    state: {
      training,
      ...unit,
      measure: kind,
      rows: Int32Array.from(orders.flatMap((order) => Array.from(order.rows))),
      lengths: Int32Array.from(orders, (order) => order.rows.length),
      jumps: Float64Array.from(orders, (order) => order.jump),
      without: Int32Array.from(orders, (order) => order.without),
    },
    score(matrix) {
      requireWidth('LMDD', matrix, columns)
      const scores = new Float64Array(matrix.rows)
      for (let i = 0; i < matrix.rows; i++) {
        for (let j = 0; j < columns; j++) row[j] = toUnit(matrix.data[i * columns + j]!, unit)
        scores[i] = scoreOf()
      }
      return scores
    },
  }
}

import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { medianOf } from '../statistics/median.ts'
import { percentile } from '../statistics/percentile.ts'
import { learnRotation, ROTATION_FIELDS, type Rotation, rotationScore } from '../statistics/rotation-costs.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  parallel_execution: ignoredOption,
})

// Cubes of larger or smaller values overflow or vanish: then all columns are multiplied by a power of two, which changes no score.
const LARGE = 2 ** 200
// Rows that are farther away are as far away as this.
const FARTHEST = 1e60

/**
 * Score of three columns = modified z-score |cost - median| · 0.6745 / MAD of the cost |v|³ cos γ sin² γ, v being the way from the geometric
 * median of the training rows to the row, and γ its angle to that median, scaled. Fewer columns are filled up with zeros. Of more
 * columns, each less its median and divided by its interquartile range, the score is the mean of the sigmoids of the scores of
 * all sets of three, of which there are d (d - 1) (d - 2) / 6.
 *
 * PyOD takes the MAD from the batch that it scores; here it is that of the training rows, so that a row depends on no other. Training scores
 * are the same as PyOD's. Where the MAD is zero (PyOD then gives NaN or infinity), the mean absolute deviation takes its place, or
 * 1 when all costs are the same.
 */
export const rod = defineDetector({
  name: 'ROD',
  summary: 'Cost of rotating a row about the geometric median, in three columns at a time.',
  source:
    'PyOD 3.6.7 pyod/models/rod.py; Almardeny, Boujnah, Cleary: A novel outlier detection method for multivariate data (2020)',
  family: 'tabular',
  complexity: { fit: 'n d³', score: 'd³' },
  options,
  example: { contamination: 0.05 },
  fit(data) {
    requireTrainable('ROD', data, 2)
    const scaling = scalingOf(data)
    const { rotations, scores } = learn(data, scaling)
    return { model: createModel(scaling, rotations), trainScores: scores }
  },
  restore(state) {
    const read = readState('ROD', state)
    const scaling = {
      shrink: read.number('shrink'),
      middle: read.array('middle', Float64Array),
      scale: read.array('scale', Float64Array),
    }
    const flat = read.array('rotations', Float64Array)
    const columns = scaling.middle.length
    const width = ROTATION_FIELDS.length
    read.require(
      columns > 0 &&
        scaling.scale.length === columns &&
        flat.length === triplesOf(Math.max(columns, 3)).length * width,
      'its arrays do not fit together',
    )
    const rotations = Array.from({ length: flat.length / width }, (_, i) => {
      const values = ROTATION_FIELDS.map((field, j) => [field, flat[i * width + j]!] as const)
      return Object.fromEntries(values) as unknown as Rotation
    })
    return createModel(scaling, rotations)
  },
})

/** Values are computed with as (value · shrink - middle) / scale. */
interface Scaling {
  readonly shrink: number
  readonly middle: Float64Array
  readonly scale: Float64Array
}

function scalingOf({ data, columns }: Matrix): Scaling {
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const usual = largest === 0 || (largest < LARGE && largest > 1 / LARGE)
  const shrink = usual ? 1 : 2 ** -Math.max(-1000, Math.ceil(Math.log2(largest)))
  const middle = new Float64Array(columns)
  const scale = new Float64Array(columns).fill(1)
  if (columns > 3)
    for (let j = 0; j < columns; j++) {
      const values = data.filter((_, i) => i % columns === j).map((value) => value * shrink)
      middle[j] = medianOf(values)
      scale[j] = percentile(values, 75) - percentile(values, 25) || 1
    }
  return { shrink, middle, scale }
}

function scaled(value: number, column: number, { shrink, middle, scale }: Scaling): number {
  return Math.min(Math.max((value * shrink - middle[column]!) / scale[column]!, -FARTHEST), FARTHEST)
}

/** All sets of three columns, in lexicographic order. */
function triplesOf(columns: number): (readonly [number, number, number])[] {
  const triples: (readonly [number, number, number])[] = []
  for (let i = 0; i < columns; i++)
    for (let j = i + 1; j < columns; j++) for (let k = j + 1; k < columns; k++) triples.push([i, j, k])
  return triples
}

function learn(data: Matrix, scaling: Scaling): { rotations: Rotation[]; scores: Float64Array } {
  const { rows, columns } = data
  const byColumn = Array.from({ length: Math.max(columns, 3) }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) =>
      j < columns ? scaled(data.data[i * columns + j]!, j, scaling) : 0,
    ),
  )
  const allDifferent = byColumn.map((column) => new Set(column).size === rows)
  const some = new Float64Array(rows)
  const scores = new Float64Array(rows)
  const rotations = triplesOf(byColumn.length).map((triple) => {
    const values = [byColumn[triple[0]]!, byColumn[triple[1]]!, byColumn[triple[2]]!] as const
    const different = triple.some((j) => allDifferent[j]) ? values : differentOf(values)
    const rotation = learnRotation({ columns: values, different }, some)
    for (let i = 0; i < rows; i++) scores[i]! += byColumn.length > 3 ? sigmoid(some[i]!) : some[i]!
    return rotation
  })
  return { rotations, scores: scores.map((score) => score / rotations.length) }
}

type Three = readonly [Float64Array, Float64Array, Float64Array]

/** Rows that are there more than once only once. */
function differentOf([xs, ys, zs]: Three): Three {
  const order = Int32Array.from(xs, (_, i) => i).sort(
    (a, b) => xs[a]! - xs[b]! || ys[a]! - ys[b]! || zs[a]! - zs[b]!,
  )
  const first = order.filter((row, i) => {
    const before = order[i - 1]
    return before === undefined || xs[row] !== xs[before] || ys[row] !== ys[before] || zs[row] !== zs[before]
  })
  const pick = (values: Float64Array) => Float64Array.from(first, (row) => values[row]!)
  return [pick(xs), pick(ys), pick(zs)]
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

function createModel(scaling: Scaling, rotations: readonly Rotation[]): Model {
  const columns = scaling.middle.length
  const triples = triplesOf(Math.max(columns, 3))
  const row = new Float64Array(Math.max(columns, 3))
  return {
    state: {
      ...scaling,
      rotations: Float64Array.from(
        rotations.flatMap((rotation) => ROTATION_FIELDS.map((field) => rotation[field])),
      ),
    },
    score(matrix) {
      requireWidth('ROD', matrix, columns)
      const scores = new Float64Array(matrix.rows)
      for (let i = 0; i < matrix.rows; i++) {
        for (let j = 0; j < columns; j++) row[j] = scaled(matrix.data[i * columns + j]!, j, scaling)
        let sum = 0
        for (let t = 0; t < triples.length; t++) {
          const [first, second, third] = triples[t]!
          const score = rotationScore(rotations[t]!, row[first]!, row[second]!, row[third]!)
          sum += columns > 3 ? sigmoid(score) : Math.min(score, Number.MAX_VALUE)
        }
        scores[i] = sum / triples.length
      }
      return scores
    },
  }
}

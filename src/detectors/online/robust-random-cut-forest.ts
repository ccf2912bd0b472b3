import { z } from 'zod'
import { createRandom, type ResumableRandom, resumeRandom } from '../../core/random.ts'
import { readState, requireTrainable } from '../checks.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { robustStandard } from '../statistics/spread.ts'
import type { Cuts } from '../trees/cut-forest.ts'
import { createCutForest } from '../trees/random-cut-forest.ts'
import { type Learner, learnInOrder, onlineModel } from './learner.ts'

const MOST_TREES = 1000
const MOST_ROWS = 8192

const options = z.strictObject({
  contamination: contaminationOption,
  num_trees: z.int().min(1).max(MOST_TREES).default(40).meta({ description: 'Number of trees.' }),
  tree_size: z
    .int()
    .min(2)
    .max(MOST_ROWS)
    .default(256)
    .meta({ description: 'How many of the last rows the trees hold.' }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the cuts; null takes the metric's own, so that results repeat either way.",
  }),
})

// In robust standard deviations: what lies farther out counts as this far, so that sums of widths are finite 32-bit floats.
const FARTHEST = 1e30

/**
 * Score = CoDisp: how many of the last rows a new one displaces in a tree, for each that would go with it; the mean of the trees. The paper
 * inserts the row and looks; ours is the expectation of that over the cuts that could be drawn, which is less noisy and draws nothing. All
 * trees hold the same last rows. Columns are brought to the median and the robust spread of the training rows, so that their units do not
 * matter, and to 32-bit floats. The explanation divides the displacement by the chance that the cut which sets the row apart is one of a column.
 */
export const robustRandomCutForest = defineDetector({
  name: 'RobustRandomCutForest',
  aliases: ['RRCF'],
  summary: 'How much a row changes random trees of the last rows.',
  source:
    'Guha, Mishra, Roy, Schrijvers: Robust random cut forest based anomaly detection on streams (2016); rrcf 0.4.4 rrcf/rrcf.py',
  family: 'online',
  explains: true,
  complexity: { fit: 'n · trees · log window', score: 'trees · log window' },
  options,
  example: { num_trees: 40, tree_size: 256 },
  fit(data, { num_trees: trees, tree_size: size, random_state }, { random }) {
    requireTrainable('RobustRandomCutForest', data, 1)
    const learner = createLearner({
      trees,
      size,
      ...robustStandard(data),
      random: createRandom(random_state ?? random.int(4294967296)),
    })
    return learnInOrder('RobustRandomCutForest', learner, { data, warmUp: size })
  },
  restore(state) {
    const read = readState('RobustRandomCutForest', state)
    const trees = read.number('num_trees')
    const size = read.number('tree_size')
    const centre = read.array('centre', Float64Array).slice()
    const scale = read.array('scale', Float64Array).slice()
    const points = read.array('points', Float32Array)
    const place = read.array('random', Int32Array)
    const within = (value: number, most: number): boolean =>
      Number.isInteger(value) && value >= 1 && value <= most
    read.require(
      within(trees, MOST_TREES) && within(size, MOST_ROWS) && size > 1,
      'its sizes are out of range',
    )
    read.require(
      centre.length > 0 && centre.length === scale.length && scale.every((value) => value > 0),
      'its scales do not fit together',
    )
    const held = points.length / centre.length
    read.require(within(held, size) && points.every(Number.isFinite), 'its points are not those of a window')
    read.require(place.length === 4, 'its place in the random numbers is not four of them')
    const cuts = {
      columns:
        centre.length <= 256 ? read.array('cut_columns', Uint8Array) : read.array('cut_columns', Uint16Array),
      values: read.array('cuts', Float32Array),
    }
    const learner = createLearner(
      { trees, size, centre, scale, random: resumeRandom(place) },
      { points, cuts, refuse: () => read.require(false, 'its cuts do not fit to its points') },
    )
    return onlineModel('RobustRandomCutForest', learner, centre.length)
  },
})

interface Plan {
  readonly trees: number
  readonly size: number
  readonly centre: Float64Array
  readonly scale: Float64Array
  readonly random: ResumableRandom
}

interface Held {
  readonly points: Float32Array
  readonly cuts: Cuts
  readonly refuse: () => void
}

function createLearner({ trees, size, centre, scale, random }: Plan, held?: Held): Learner {
  const columns = centre.length
  const forest = createCutForest({ trees, size, columns }, random)
  const asked = new Float32Array(columns)
  let count = 0
  let next = 0
  if (held !== undefined) {
    count = held.points.length / columns
    next = count % size
    forest.points.set(held.points)
    if (
      !forest.rebuild(
        Int32Array.from({ length: count }, (_, i) => i),
        held.cuts,
      )
    )
      held.refuse()
  }
  const standardise = (data: Float64Array, offset: number, into: Float32Array, start: number): void => {
    for (let j = 0; j < columns; j++) {
      // Halves, because the difference of two large values can be infinite.
      const distance = ((data[offset + j]! / 2 - centre[j]! / 2) / scale[j]!) * 2
      // Plus zero, because there is to be one zero alone.
      into[start + j] = Math.fround(Math.max(-FARTHEST, Math.min(FARTHEST, distance))) + 0
    }
  }
  return {
    score(data, offset) {
      standardise(data, offset, asked, 0)
      return forest.displacement(asked, 0)
    },
    explain(data, offset, parts) {
      standardise(data, offset, asked, 0)
      forest.explain(asked, parts)
    },
    scoreLearned: (row) => forest.displacementOf(row % size),
    learn(data, offset) {
      if (count === size) forest.remove(next)
      else count++
      standardise(data, offset, forest.points, next * columns)
      forest.insert(next)
      next = (next + 1) % size
    },
    state() {
      const points = new Float32Array(count * columns)
      const oldest = count === size ? next * columns : 0
      points.set(forest.points.subarray(oldest, count * columns))
      points.set(forest.points.subarray(0, oldest), count * columns - oldest)
      const { columns: cutColumns, values } = forest.cuts()
      return {
        num_trees: trees,
        tree_size: size,
        centre: centre.slice(),
        scale: scale.slice(),
        points,
        cuts: values,
        cut_columns: cutColumns,
        random: random.place(),
      }
    },
  }
}

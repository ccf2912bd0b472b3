import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix } from '../detector.ts'
import { createMasses, drawHalfSpaces, type HalfSpaces, type Limits } from '../trees/half-spaces.ts'
import { type Learner, learnInOrder, onlineModel } from './learner.ts'

const LARGEST_WINDOW = 65_535
const TALLEST = 15

const options = z.strictObject({
  contamination: contaminationOption,
  n_trees: z.int().min(1).max(1000).default(25).meta({ description: 'Number of trees.' }),
  height: z
    .int()
    .min(1)
    .max(TALLEST)
    .default(8)
    .meta({ description: 'Splits between the root of a tree and a leaf.' }),
  window_size: z.int().min(2).max(LARGEST_WINDOW).default(250).meta({
    description: 'Rows after which those that a row is compared with are replaced by the newer ones.',
  }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the trees; null takes the metric's own, so that results repeat either way.",
  }),
})

// A row's way ends at the node that saw a smaller share of the window than this (from the paper).
const SMALLEST_SHARE = 0.1
// Limits are at most so many interquartile ranges outside the quartiles.
const OUTER = 3

/**
 * Score = 1 - the mass along the way of a row through each tree, each level weighing twice the one above, as a share of the most there could
 * be: river's formula, where the paper takes the last node alone. Before the first window is full (there river gives 0), what has been seen
 * of it takes its place. Trees are drawn within the range of the training rows, less what lies far outside their quartiles; 25 of them, as
 * in the paper, where river has 10. The explanation gives each column how much less mass its
 * splits leave to the row than to the average of the rows that come to them, for all levels below (as Saabas 2014 explains trees that predict).
 */
export const halfSpaceTrees = defineDetector({
  name: 'HalfSpaceTrees',
  summary: 'How few of the recent rows share the random half-spaces that a row lies in.',
  source:
    'Tan, Ting, Liu: Fast anomaly detection for streaming data (2011); river 0.26.1 river/anomaly/hst.py',
  family: 'online',
  explains: true,
  complexity: { fit: 'n · trees · height', score: 'trees · height' },
  options,
  example: { n_trees: 25, height: 8, window_size: 250 },
  fit(data, { n_trees: trees, height, window_size: windowSize, random_state }, { random }) {
    requireTrainable('HalfSpaceTrees', data, 1)
    const seed = random_state ?? random.int(4294967296)
    const learner = createLearner({ ...limitsOf(data), trees, height, windowSize, seed })
    return learnInOrder('HalfSpaceTrees', learner, { data, warmUp: windowSize })
  },
  restore(state) {
    const read = readState('HalfSpaceTrees', state)
    const whole = (key: string, most: number): number => {
      const value = read.number(key)
      read.require(Number.isInteger(value) && value >= 1 && value <= most, `"${key}" is out of range`)
      return value
    }
    const seed = read.number('seed')
    const plan = {
      low: read.array('low', Float64Array).slice(),
      high: read.array('high', Float64Array).slice(),
      trees: whole('n_trees', 1000),
      height: whole('height', TALLEST),
      windowSize: whole('window_size', LARGEST_WINDOW),
      seed,
    }
    const latest = read.array('latest', Uint16Array)
    const reference = read.array('reference', Uint16Array)
    read.require(Number.isInteger(seed), '"seed" is not a seed')
    read.require(
      plan.low.length > 0 &&
        plan.low.length === plan.high.length &&
        plan.low.every((low, j) => low < plan.high[j]!),
      'its limits do not fit together',
    )
    const leaves = 2 ** plan.height
    for (const masses of [latest, reference]) {
      const all = rowsIn(masses, leaves)
      read.require(
        masses.length === plan.trees * leaves && all <= plan.windowSize && everyTreeHas(masses, leaves, all),
        'its masses do not fit together',
      )
    }
    const [newer, older] = [rowsIn(latest, leaves), rowsIn(reference, leaves)]
    read.require(
      newer < plan.windowSize && (older === plan.windowSize || (older === 0 && newer > 0)),
      'its windows are not as full as they should be',
    )
    return onlineModel('HalfSpaceTrees', createLearner(plan, { latest, reference }), plan.low.length)
  },
})

interface Plan extends Limits {
  readonly trees: number
  readonly height: number
  readonly windowSize: number
  readonly seed: number
}

interface Counted {
  readonly latest: Uint16Array
  readonly reference: Uint16Array
}

function createLearner(plan: Plan, counted?: Counted): Learner {
  const { low, high, trees, height, windowSize, seed } = plan
  const spaces = drawHalfSpaces(plan, { trees, height, random: createRandom(seed) })
  return learnMasses(spaces, {
    windowSize,
    counted,
    describe: () => ({
      seed,
      n_trees: trees,
      height,
      window_size: windowSize,
      low: low.slice(),
      high: high.slice(),
    }),
  })
}

/** Learns the masses of given half-spaces; `describe` gives the rest of its state. */
export function learnMasses(
  spaces: HalfSpaces,
  {
    windowSize,
    counted,
    describe = () => ({}),
  }: { windowSize: number; counted?: Counted | undefined; describe?: Learner['state'] },
): Learner {
  const leaves = 2 ** spaces.height
  const largest = spaces.trees * (2 * leaves - 1)
  let latest = createMasses(spaces, counted?.latest)
  let reference = createMasses(spaces, counted?.reference)
  return {
    score(data, offset) {
      const masses = reference.counts[0]! > 0 ? reference : latest
      const rows = masses.counts[0]!
      return 1 - masses.weigh(data, offset, SMALLEST_SHARE * rows) / (largest * rows)
    },
    explain(data, offset, parts) {
      const masses = reference.counts[0]! > 0 ? reference : latest
      const rows = masses.counts[0]!
      masses.lose(data, offset, { limit: SMALLEST_SHARE * rows, losses: parts })
      for (let j = 0; j < parts.length; j++) parts[j] = Math.max(0, parts[j]!) / (largest * rows)
    },
    learn(data, offset) {
      latest.add(data, offset)
      if (latest.counts[0] !== windowSize) return
      ;[reference, latest] = [latest, reference]
      latest.counts.fill(0)
    },
    state: () => ({ ...describe(), latest: latest.leaves(), reference: reference.leaves() }),
  }
}

/** The range of each column, without what lies far outside the middle half of its values. */
function limitsOf({ data, rows, columns }: Matrix): Limits {
  const low = new Float64Array(columns)
  const high = new Float64Array(columns)
  const sorted = new Float64Array(rows)
  for (let j = 0; j < columns; j++) {
    for (let i = 0; i < rows; i++) sorted[i] = data[i * columns + j]!
    sorted.sort()
    const least = sorted[0]!
    const most = sorted[rows - 1]!
    const lower = sorted[Math.floor((rows - 1) * 0.25)]!
    const upper = sorted[Math.ceil((rows - 1) * 0.75)]!
    // Without a middle half the whole range; without a range one percent of the value to each side, or 0.01.
    const reach = upper > lower ? OUTER * (upper - lower) : most > least ? Number.POSITIVE_INFINITY : 0
    const aside = reach === 0 ? Math.abs(least) * 0.01 || 0.01 : 0
    low[j] = Math.max(-Number.MAX_VALUE, least - aside, lower - reach - aside)
    high[j] = Math.min(Number.MAX_VALUE, most + aside, upper + reach + aside)
  }
  return { low, high }
}

function rowsIn(masses: Uint16Array, leaves: number, tree = 0): number {
  return masses.subarray(tree * leaves, (tree + 1) * leaves).reduce((sum, mass) => sum + mass, 0)
}

function everyTreeHas(masses: Uint16Array, leaves: number, rows: number): boolean {
  for (let tree = 0; tree * leaves < masses.length; tree++)
    if (rowsIn(masses, leaves, tree) !== rows) return false
  return true
}

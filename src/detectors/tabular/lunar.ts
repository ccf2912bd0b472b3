import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { METRIC_KINDS, type Metric, minkowski } from '../neighbours/metric.ts'
import { METRIC_NAMES, metricNamed, metricParamsOption } from '../neighbours/metric-option.ts'
import { indexRows, type NeighbourIndex } from '../neighbours/nearest.ts'
import { distanceJudge, JUDGES } from '../networks/distance-judge.ts'
import { inBlocks } from '../networks/in-blocks.ts'
import type { Layer } from '../networks/layer.ts'
import { NEGATIVES, negativeSamples } from '../networks/negative-samples.ts'
import { giveNumbers, takeFinite } from '../networks/network.ts'
import { readStandard, standardOf, standardRows } from '../networks/standard-rows.ts'
import { trainJudge } from '../networks/train-judge.ts'
import { drawDistinct } from '../statistics/draw.ts'
import type { Standard } from '../statistics/standardise.ts'

const BATCH = 32
const STEPS_TO_LOOK = 10
// What a score counts as that has overflowed.
const LARGEST = 1e300

const options = z.strictObject({
  contamination: contaminationOption,
  model_type: z.enum(JUDGES).default('WEIGHT').meta({
    description:
      'WEIGHT: the score is a weighted mean of the distances; SCORE: it is what the network makes of them.',
  }),
  n_neighbours: z
    .int()
    .min(1)
    .default(5)
    .meta({ description: 'The distances to how many nearest rows the network sees.' }),
  negative_sampling: z.enum(NEGATIVES).default('MIXED').meta({
    description: 'Made-up outliers: UNIFORM anywhere, SUBSPACE near rows, MIXED both.',
  }),
  val_size: z.number().gt(0).lt(1).default(0.1).meta({
    description: 'Share of the rows that tells when the network was best.',
  }),
  scaler: z.literal(false).nullable().default(null).meta({
    description: 'Null brings every column into 0..1 first; false leaves them as they are.',
  }),
  epsilon: z.number().nonnegative().default(0.1).meta({
    description: 'How much of a range the made-up outliers near rows are off.',
  }),
  proportion: z.number().positive().default(1).meta({ description: 'Made-up outliers for each row.' }),
  n_epochs: z.int().min(1).default(200).meta({ description: 'How many steps training takes.' }),
  lr: z.number().positive().default(1e-3).meta({ description: 'Length of the steps of training.' }),
  wd: z.number().nonnegative().default(0.1).meta({ description: 'Pull of the weights towards 0.' }),
  metric: z
    .enum(METRIC_NAMES)
    .default('minkowski')
    .meta({ description: 'The distance; minkowski uses the exponent p.' }),
  p: z
    .number()
    .positive()
    .default(2)
    .meta({ description: 'Exponent of the Minkowski distance: 2 is Euclidean, 1 is Manhattan.' }),
  metric_params: metricParamsOption,
  random_state: z
    .int()
    .nullable()
    .default(null)
    .meta({ description: "Seed of all that is random; null takes the metric's own." }),
  algorithm: ignoredOption,
  leaf_size: ignoredOption,
  n_jobs: ignoredOption,
  verbose: ignoredOption,
})

interface Parts {
  readonly kind: (typeof JUDGES)[number]
  readonly neighbours: number
  readonly metric: Metric
  readonly standard: Standard
  /** Rows among which neighbours are looked for. */
  readonly candidates: Matrix
  readonly numbers: Float32Array
}

/**
 * Score = what a network, trained to tell rows from made-up outliers, makes of the distances to the nearest of both. A step of training looks at 32
 * rows where PyOD's looks at all: how far Adam comes is a matter of the number of steps, and steps over all rows would take a hundred times as long
 * for 2,000 of them. How well the validation rows are separated is looked at every ten steps, in PyOD at each. No row is its own neighbour, where
 * PyOD leaves the distance 0 in for made-up outliers in training and for training rows in scoring; with `SCORE`, which makes much of it, training
 * scores therefore agree less, and there are no golden vectors of PyOD. Scaled cells beyond ±1e12 count as that.
 */
export const lunar = defineDetector({
  name: 'LUNAR',
  summary:
    'What a neural network that has learned to tell outliers makes of the distances to the nearest rows.',
  source:
    'PyOD 3.6.7 pyod/models/lunar.py; Goodge et al.: LUNAR: unifying local outlier detection methods via graph neural networks (2022)',
  family: 'tabular',
  complexity: { fit: 'n log n + steps · weights', score: 'log n + weights' },
  tuning: { n_neighbours: [5, 10, 20], negative_sampling: ['MIXED', 'SUBSPACE'] },
  options,
  example: { n_neighbours: 10, model_type: 'WEIGHT' },
  fit(data, chosen, { random, parallel }) {
    const { n_neighbours: neighbours, model_type: kind } = chosen
    requireTrainable('LUNAR', data, leastRows(chosen.val_size, neighbours))
    const rng = chosen.random_state === null ? random : createRandom(chosen.random_state)
    const order = drawDistinct(rng, data.rows, data.rows)
    const held = Math.ceil(chosen.val_size * data.rows)
    const [trained, validated] = [pick(data, order.subarray(held)), pick(data, order.subarray(0, held))]
    const standard = chosen.scaler === null ? rangesOf(trained) : standardOf(trained, false)
    const scaled = (rows: Matrix): Matrix => ({ ...rows, data: standardRows(rows, standard) })
    const negative = {
      kind: chosen.negative_sampling,
      proportion: chosen.proportion,
      epsilon: chosen.epsilon,
      random: rng,
    }
    const [rows, others] = [scaled(trained), scaled(validated)]
    const candidates = joined(rows, negativeSamples(rows, negative))
    const validation = joined(others, negativeSamples(others, negative))
    const metric = chosen.metric === 'minkowski' ? minkowski(chosen.p) : metricNamed(chosen.metric)
    const index = indexRows(candidates, metric, parallel)
    const own = index.nearestOfOwn(neighbours).distances
    const fresh = index.nearest(validation, neighbours).distances
    const net = distanceJudge(kind, neighbours, rng)
    trainJudge(
      net,
      {
        train: { data: own, labels: labelsOf(candidates.rows, rows.rows) },
        validation: { data: fresh, labels: labelsOf(validation.rows, others.rows) },
      },
      {
        steps: chosen.n_epochs,
        size: BATCH,
        every: STEPS_TO_LOOK,
        kind: 'adam',
        rate: chosen.lr,
        decay: chosen.wd,
        random: rng,
      },
    )
    const numbers = takeFinite('LUNAR', net)
    const trainScores = new Float64Array(data.rows)
    const place = (scores: Float64Array, from: number) =>
      scores.forEach((score, i) => {
        trainScores[order[from + i]!] = score
      })
    place(judge(net, own.subarray(0, rows.rows * neighbours)), held)
    place(judge(net, fresh.subarray(0, held * neighbours)), 0)
    return {
      model: createModel(net, index, { kind, neighbours, metric, standard, candidates, numbers }),
      trainScores,
    }
  },
  restore(state, { parallel } = {}) {
    const read = readState('LUNAR', state)
    const standard = readStandard(read)
    const kind = read.text('kind', JUDGES)
    const metricKind = read.text('metric', METRIC_KINDS)
    const p = read.number('p')
    const metric: Metric =
      metricKind === 'chebyshev' ? minkowski(Number.POSITIVE_INFINITY) : { kind: metricKind, p }
    const neighbours = read.number('neighbours')
    const candidates = read.matrix('candidates')
    read.require(
      Number.isInteger(neighbours) && neighbours >= 1 && neighbours < candidates.rows,
      'it has too few rows',
    )
    read.require(p > 0 && candidates.columns === standard.mean.length, 'its metric or its rows are not valid')
    const net = distanceJudge(kind, neighbours, createRandom(0))
    const numbers = read.array('numbers', Float32Array)
    read.require(giveNumbers(net, numbers), 'its numbers are not those of its layers')
    const parts = { kind, neighbours, metric, standard, candidates, numbers }
    return createModel(net, indexRows(candidates, metric, parallel), parts)
  },
})

/** The least number of rows of which, without the validation rows, there are more than neighbours. */
function leastRows(share: number, neighbours: number): number {
  let rows = neighbours + 2
  while (rows - Math.ceil(share * rows) <= neighbours) rows++
  return rows
}

function pick({ data, columns }: Matrix, numbers: Int32Array): Matrix {
  const picked = new Float64Array(numbers.length * columns)
  numbers.forEach((from, row) => {
    picked.set(data.subarray(from * columns, (from + 1) * columns), row * columns)
  })
  return { data: picked, rows: numbers.length, columns }
}

/** What brings each column of the rows into 0..1. */
function rangesOf({ data, columns }: Matrix): Standard {
  const mean = new Float64Array(columns).fill(Number.POSITIVE_INFINITY)
  const most = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY)
  for (let i = 0, j = 0; i < data.length; i++, j = j + 1 === columns ? 0 : j + 1) {
    mean[j] = Math.min(mean[j]!, data[i]!)
    most[j] = Math.max(most[j]!, data[i]!)
  }
  const scale = most.map((value, j) => (value > mean[j]! ? Math.min(value - mean[j]!, Number.MAX_VALUE) : 1))
  return { mean, scale }
}

function joined(first: Matrix, second: Matrix): Matrix {
  const data = new Float64Array(first.data.length + second.data.length)
  data.set(first.data)
  data.set(second.data, first.data.length)
  return { data, rows: first.rows + second.rows, columns: first.columns }
}

const labelsOf = (rows: number, inliers: number): Uint8Array => new Uint8Array(rows).fill(1, inliers)

function judge(net: Layer, distances: Float64Array): Float64Array {
  const scores = new Float64Array(distances.length / net.inputs)
  inBlocks(net, distances, (made, start, count) => scores.set(made.subarray(0, count), start))
  for (let row = 0; row < scores.length; row++) {
    const score = scores[row]!
    scores[row] = Math.abs(score) < LARGEST ? score : score < 0 ? -LARGEST : LARGEST
  }
  return scores
}

function createModel(net: Layer, index: NeighbourIndex, parts: Parts): Model {
  const { kind, neighbours, metric, standard, candidates, numbers } = parts
  return {
    state: {
      kind,
      neighbours,
      metric: metric.kind,
      p: metric.kind === 'chebyshev' ? 1 : metric.p,
      mean: standard.mean,
      scale: standard.scale,
      candidates,
      numbers,
    },
    score(data) {
      requireWidth('LUNAR', data, candidates.columns)
      const rows = { ...data, data: standardRows(data, standard) }
      return judge(net, index.nearest(rows, neighbours).distances)
    },
  }
}

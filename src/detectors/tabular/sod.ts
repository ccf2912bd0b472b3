import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { METRIC_KINDS, type Metric, minkowski } from '../neighbours/metric.ts'
import { metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import { indexRows } from '../neighbours/nearest.ts'
import {
  createDeviations,
  type PlacedRows,
  referenceDeviations,
  type Subspaces,
} from '../neighbours/reference-deviations.ts'
import type { Parallel } from '../parallel/parallel.ts'

const options = z
  .strictObject({
    contamination: contaminationOption,
    n_neighbors: z
      .int()
      .min(2)
      .default(20)
      .meta({ description: 'How many nearest training rows two rows are compared by.' }),
    ref_set: z.int().min(1).default(10).meta({
      description:
        'How many rows a row is judged by, those that share most neighbours with it; fewer than n_neighbors.',
    }),
    alpha: z.number().gt(0).lt(1).default(0.8).meta({
      description: 'A column counts when the variance of those rows is less than this share of the average.',
    }),
    metric: metricOption,
    p: z
      .number()
      .positive()
      .default(2)
      .meta({ description: 'Exponent of the distance when metric is minkowski.' }),
    metric_params: metricParamsOption,
    algorithm: ignoredOption,
    leaf_size: ignoredOption,
    n_jobs: ignoredOption,
  })
  .refine(({ ref_set, n_neighbors }) => ref_set < n_neighbors, {
    message: 'ref_set has to be less than n_neighbors',
    path: ['ref_set'],
  })

/**
 * Score = distance of a row from the mean of its reference rows, over the columns in which these vary less than on the average, divided by
 * the root of the number of these columns. Reference rows are those that share most of their nearest neighbours with the row.
 *
 * PyOD looks for neighbours within the batch that it scores. Here a row is one more beside the training rows, whose neighbours are those
 * that they have among each other; a row equal to a training row is taken for that one. Training scores are the same as PyOD's. Where reference rows are all alike, PyOD finds no column
 * and gives 0 to the strangest row: here all columns count. A single column never varies less than the average: all scores are 0
 * then, as PyOD's are, unless the reference rows are all alike.
 */
export const sod = defineDetector({
  name: 'SOD',
  summary: 'Distance of a row to its reference rows in the columns in which these agree.',
  source:
    'PyOD 3.6.7 pyod/models/sod.py; Kriegel, Kröger, Schubert, Zimek: Outlier detection in axis-parallel subspaces of high dimensional data (2009)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n²', score: 'n' },
  options,
  example: { n_neighbors: 30, ref_set: 15 },
  fit(data, { n_neighbors, ref_set, alpha, metric, p }, { parallel }) {
    requireTrainable('SOD', data, n_neighbors + 1, `, or lower n_neighbors (now ${n_neighbors})`)
    const training = { ...data, data: data.data.slice() }
    const distance = metric === 'minkowski' ? minkowski(p) : metricNamed(metric)
    const lists = indexRows(training, distance, parallel).nearestOfOwn(n_neighbors).indices
    const settings = { training, metric: distance, lists, references: ref_set, alpha }
    const equal = new Int32Array(data.rows).map((_, row) => row)
    const trainScores = judgeBy(settings, parallel)({ rows: training, neighbours: lists, equal })
    return { model: createModel(settings, parallel), trainScores }
  },
  restore(state, { parallel } = {}) {
    const read = readState('SOD', state)
    const training = read.matrix('training')
    const kind = read.text('metric', METRIC_KINDS)
    const p = read.number('p')
    const lists = read.array('lists', Int32Array)
    const references = read.number('references')
    const alpha = read.number('alpha')
    const width = lists.length / training.rows
    read.require(
      training.columns > 0 && Number.isInteger(width) && width < training.rows && p > 0,
      'its arrays do not fit together',
    )
    read.require(
      lists.every((row) => row >= 0 && row < training.rows),
      'it has neighbours that are not among its rows',
    )
    read.require(
      Number.isInteger(references) && references >= 1 && references < width && alpha > 0,
      'its numbers are not valid',
    )
    const metric = minkowski(kind === 'chebyshev' ? Number.POSITIVE_INFINITY : p)
    return createModel({ training, metric, lists, references, alpha }, parallel)
  },
})

interface Settings extends Subspaces {
  readonly metric: Metric
}

type Judge = (placed: PlacedRows) => Float64Array

/** Makes what scores rows by their reference rows. */
function judgeBy(subspaces: Subspaces, parallel: Parallel | undefined): Judge {
  const deviations = createDeviations(subspaces)
  return (placed) => {
    const { rows } = placed.rows
    if (parallel?.takes(rows)) return parallel.run(referenceDeviations, { subspaces, placed }, rows).scores
    const scores = new Float64Array(rows)
    deviations(placed, 0, rows, scores)
    return scores
  }
}

function createModel(settings: Settings, parallel: Parallel | undefined): Model {
  const { training, metric, lists, references, alpha } = settings
  const { rows, columns } = training
  const width = lists.length / rows
  const index = indexRows(training, metric, parallel)
  const judge = judgeBy(settings, parallel)
  const place = (matrix: Matrix): PlacedRows => {
    requireWidth('SOD', matrix, columns)
    const { indices, distances } = index.nearest(matrix, width)
    const equal = new Int32Array(matrix.rows).map((_, row) =>
      distances[row * width] === 0 ? indices[row * width]! : -1,
    )
    return { rows: matrix, neighbours: indices, equal }
  }
  return {
    state: {
      training,
      metric: metric.kind,
      p: metric.kind === 'chebyshev' ? 1 : metric.p,
      lists,
      references,
      alpha,
    },
    score: (matrix) => judge(place(matrix)),
    explain(matrix) {
      const parts = new Float64Array(matrix.data.length)
      createDeviations(settings)(place(matrix), 0, matrix.rows, new Float64Array(matrix.rows), parts)
      return parts
    },
  }
}

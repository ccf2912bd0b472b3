import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { extend, type Metric, overflowingDistance, toDistance } from '../neighbours/metric.ts'
import { METRIC_NAMES, metricNamed } from '../neighbours/metric-option.ts'
import { affinityTo, createAffinitySearch, type PerplexityTarget } from '../neighbours/perplexity.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  perplexity: z
    .number()
    .min(1)
    .default(4.5)
    .meta({ description: 'How many neighbours a row has, in effect; it need not be an integer.' }),
  metric: z.enum(METRIC_NAMES).default('euclidean').meta({ description: 'The distance between rows.' }),
  eps: z
    .number()
    .positive()
    .default(1e-5)
    .meta({ description: 'How far the logarithm of the perplexity of a row may be off.' }),
})

/**
 * Score = probability that no training row binds to the row: product over them of 1 - b, where b is the affinity exp(-β distance) of the
 * training row to it, divided by its affinities to all. The precision β of each training row gives it the perplexity asked for.
 *
 * PyOD finds the β anew for every batch that it scores. Here they are those of the training, so that a row depends on no other: a new
 * row is one more that each training row may bind to. Training scores are the same as PyOD's. Where so many rows are equally
 * near that no β has the perplexity (PyOD then gives NaN, or what 5000 steps lead to), only these bind.
 */
export const sos = defineDetector({
  name: 'SOS',
  summary: 'Probability that no training row takes a row for its neighbour.',
  source:
    'PyOD 3.6.7 pyod/models/sos.py; Janssens, Huszár, Postma, van den Herik: Stochastic outlier selection (2012)',
  family: 'tabular',
  complexity: { fit: 'n²', score: 'n' },
  options,
  example: { perplexity: 8 },
  fit(data, { perplexity, metric, eps }) {
    const least = Math.ceil(perplexity) + 1
    requireTrainable('SOS', data, least, `, or lower perplexity (now ${perplexity})`)
    const training = { ...data, data: data.data.slice() }
    const { binding, scores } = bind(training, metricNamed(metric), { perplexity, eps })
    return { model: createModel(binding), trainScores: scores }
  },
  restore(state) {
    const read = readState('SOS', state)
    const training = read.matrix('training')
    const precision = read.array('precision', Float64Array)
    const least = read.array('least', Float64Array)
    const total = read.array('total', Float64Array)
    const metric = metricNamed(read.text('metric', METRIC_NAMES))
    read.require(
      training.rows > 0 &&
        training.columns > 0 &&
        [precision, least, total].every((values) => values.length === training.rows),
      'its arrays do not fit together',
    )
    return createModel({ training, metric, precision, least, total })
  },
})

/** The affinity of each training row. */
interface Binding {
  readonly training: Matrix
  readonly metric: Metric
  readonly precision: Float64Array
  readonly least: Float64Array
  readonly total: Float64Array
}

function bind(
  training: Matrix,
  metric: Metric,
  target: PerplexityTarget,
): { readonly binding: Binding; readonly scores: Float64Array } {
  const { data, rows, columns } = training
  const binding: Binding = {
    training,
    metric,
    precision: new Float64Array(rows),
    least: new Float64Array(rows),
    total: new Float64Array(rows),
  }
  const search = createAffinitySearch(target)
  const scores = new Float64Array(rows).fill(1)
  const distances = new Float64Array(rows)
  const others = distances.subarray(0, rows - 1)
  for (let row = 0; row < rows; row++) {
    measureAll(training, metric, data.subarray(row * columns, (row + 1) * columns), distances)
    distances.copyWithin(row, row + 1)
    const affinity = search(others)
    binding.precision[row] = affinity.precision
    binding.least[row] = affinity.least
    binding.total[row] = affinity.total
    for (let i = 0; i < others.length; i++)
      scores[i < row ? i : i + 1]! *= 1 - affinityTo(affinity, others[i]!) / affinity.total
  }
  return { binding, scores }
}

function createModel({ training, metric, precision, least, total }: Binding): Model {
  const { rows, columns } = training
  const distances = new Float64Array(rows)
  return {
    state: { training, metric: metric.kind, precision, least, total },
    score(matrix) {
      requireWidth('SOS', matrix, columns)
      const scores = new Float64Array(matrix.rows).fill(1)
      for (let row = 0; row < matrix.rows; row++) {
        measureAll(training, metric, matrix.data.subarray(row * columns, (row + 1) * columns), distances)
        let score = 1
        for (let i = 0; i < rows; i++) {
          const beyond = distances[i]! - least[i]!
          const affinity = beyond === 0 ? 1 : Math.exp(-precision[i]! * beyond)
          score *= total[i]! / (total[i]! + affinity)
        }
        scores[row] = score
      }
      return scores
    },
  }
}

/** Writes the distances of all training rows to a row. */
function measureAll(
  { data, columns }: Matrix,
  metric: Metric,
  query: Float64Array,
  distances: Float64Array,
): void {
  for (let row = 0, cell = 0; row < distances.length; row++) {
    let reduced = 0
    if (metric.kind === 'euclidean')
      for (let j = 0; j < columns; j++, cell++) {
        const difference = query[j]! - data[cell]!
        reduced += difference * difference
      }
    else for (let j = 0; j < columns; j++, cell++) reduced = extend(metric, reduced, query[j]! - data[cell]!)
    distances[row] =
      reduced === Number.POSITIVE_INFINITY
        ? overflowingDistance(metric, query, data.subarray(cell - columns, cell))
        : toDistance(metric, reduced)
  }
}

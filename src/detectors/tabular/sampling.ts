import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { addDistanceShares } from '../neighbours/distance-shares.ts'
import type { Metric } from '../neighbours/metric.ts'
import { METRIC_NAMES, metricNamed, metricOption, metricParamsOption } from '../neighbours/metric-option.ts'
import { indexRows } from '../neighbours/nearest.ts'
import { nearestDistances } from '../neighbours/nearest-distances.ts'
import { drawDistinct } from '../statistics/draw.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  subset_size: z
    .union([z.int().min(1), z.number().gt(0).lt(1)])
    .default(20)
    .meta({
      description: 'How many training rows are drawn, once; below 1 the share of them.',
    }),
  metric: metricOption,
  metric_params: metricParamsOption,
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the draw; null takes the metric's own, so that results repeat either way.",
  }),
})

/**
 * Score = distance to the nearest of a few training rows, drawn once; a training row that was drawn has the score 0. The explanation divides this
 * distance among the columns.
 */
export const sampling = defineDetector({
  name: 'Sampling',
  summary: 'Distance of a row to the nearest of a small sample of the training rows.',
  source:
    'PyOD 3.6.7 pyod/models/sampling.py; Sugiyama, Borgwardt: Rapid distance-based outlier detection via sampling (2013)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'n · sample', score: 'sample' },
  options,
  example: { subset_size: 50 },
  fit(data, { subset_size, metric, random_state }, { random }) {
    const size = subset_size < 1 ? Math.max(1, Math.floor(subset_size * data.rows)) : subset_size
    requireTrainable('Sampling', data, size, `, or lower subset_size (now ${subset_size})`)
    const drawn = drawDistinct(random_state === null ? random : createRandom(random_state), data.rows, size)
    const { columns } = data
    const sample = { data: new Float64Array(size * columns), rows: size, columns }
    drawn.forEach((row, i) => {
      sample.data.set(data.data.subarray(row * columns, (row + 1) * columns), i * columns)
    })
    const model = createModel(sample, metricNamed(metric))
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('Sampling', state)
    const sample = read.matrix('sample')
    read.require(sample.rows > 0 && sample.columns > 0, 'it has no rows')
    return createModel(sample, metricNamed(read.text('metric', METRIC_NAMES)))
  },
})

function createModel(sample: Matrix, metric: Metric): Model {
  return {
    state: { sample, metric: metric.kind },
    score(matrix) {
      requireWidth('Sampling', matrix, sample.columns)
      return nearestDistances(sample, metric, matrix)
    },
    explain(matrix) {
      requireWidth('Sampling', matrix, sample.columns)
      const { data, columns } = matrix
      const parts = new Float64Array(data.length)
      indexRows(sample, metric).eachNearest(matrix, 1, (row, amounts, found) => {
        const [from, to] = [row * columns, (row + 1) * columns]
        const compared = { metric, data: sample.data, offsets: [found[0]! * columns], amounts }
        addDistanceShares(data.subarray(from, to), compared, parts.subarray(from, to))
      })
      return parts
    },
  }
}

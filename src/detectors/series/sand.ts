import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { createRandom } from '../../core/random.ts'
import { followShapes } from '../clustering/drifting-shapes.ts'
import { drawsOf } from '../clustering/k-shape.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { normaliseWindows } from './nearest-window.ts'
import { createShapeModel, restoreShapeModel } from './shape-model.ts'
import { channelOption, joinWindows, requireWindows, windowSizeOption } from './windows.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  window_size: windowSizeOption,
  n_clusters: z.int().min(1).default(5).meta({ description: 'How many shapes are followed.' }),
  alpha: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .meta({ description: 'Weight of the newest batch when the shapes move; 0 keeps those of the first.' }),
  batch_size: z
    .int()
    .min(1)
    .default(100)
    .meta({ description: 'How many windows stand between two movements of the shapes.' }),
  max_iter: z
    .int()
    .min(1)
    .default(50)
    .meta({ description: 'How often the clusters of a batch are improved at most.' }),
  channel_aggregation: channelOption,
  random_state: z.int().nullable().default(42).meta({
    description:
      "Seed of the first clusters of each batch; null takes the metric's own, so that results repeat either way.",
  }),
})

/**
 * Score = shape-based distance of a window to the nearest of some shapes, which drift with the training series; a training row is compared
 * with the shapes as they were when it came (those of the first batch come from the batch itself). New rows leave them as they are.
 * Windows without variance are treated as by KShape.
 */
export const sand = defineDetector({
  name: 'SAND',
  summary: 'Distance of the shape of a window to usual shapes that drift with the series.',
  source: 'PyOD 3.6.7 pyod/models/ts_sand.py; Boniol, Paparrizos, Palpanas, Franklin: SAND (2021)',
  family: 'series',
  explains: true,
  complexity: {
    fit: 'iterations · (n (clusters w log w + w²) + n/batch clusters w³)',
    score: 'clusters · w log w',
  },
  options,
  example: { n_clusters: 4, window_size: 24, alpha: 0.3 },
  window: ({ window_size }) => window_size,
  fit(data, { n_clusters, window_size, alpha, batch_size, max_iter, random_state }, { random }) {
    requireWindows('SAND', data, { rows: n_clusters, window: window_size })
    if (batch_size < n_clusters)
      throw new AnomstackError(
        'TRAINING_IMPOSSIBLE',
        `SAND cannot find ${n_clusters} shapes in batches of ${batch_size}: raise batch_size or lower n_clusters`,
      )
    const { centroids, distances } = followShapes(normaliseWindows(joinWindows(data)), {
      clusters: n_clusters,
      iterations: max_iter,
      batch: batch_size,
      alpha,
      draws: () => drawsOf(random_state === null ? random : createRandom(random_state)),
    })
    return { model: createShapeModel('SAND', centroids), trainScores: distances }
  },
  restore: (state) => restoreShapeModel('SAND', state),
})

import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { measureShapes } from '../clustering/drifting-shapes.ts'
import { clusterShapes, drawsOf } from '../clustering/k-shape.ts'
import { contaminationOption, defineDetector } from '../detector.ts'
import { normaliseWindows } from './nearest-window.ts'
import { createShapeModel, restoreShapeModel } from './shape-model.ts'
import { channelOption, joinWindows, requireWindows, windowSizeOption } from './windows.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_clusters: z.int().min(1).default(3).meta({ description: 'How many shapes are learned.' }),
  window_size: windowSizeOption,
  max_iter: z.int().min(1).default(100).meta({ description: 'How often the clusters are improved at most.' }),
  channel_aggregation: channelOption,
  random_state: z.int().nullable().default(42).meta({
    description:
      "Seed of the first clusters; null takes the metric's own, so that results repeat either way.",
  }),
})

/**
 * Score = shape-based distance of a window to the nearest of the shapes that occur in training: 0 for the same shape, 1 for none alike. A
 * window without variance has distance 1 unless such windows are a cluster of their own (PyOD: 2).
 */
export const kShape = defineDetector({
  name: 'KShape',
  summary: 'Distance of the shape of a window to the usual shapes of the series, wherever they begin.',
  source: 'PyOD 3.6.7 pyod/models/ts_kshape.py; Paparrizos, Gravano: k-Shape (2015)',
  family: 'series',
  explains: true,
  complexity: { fit: 'iterations · (n (clusters w log w + w²) + clusters w³)', score: 'clusters · w log w' },
  options,
  example: { n_clusters: 4, window_size: 24 },
  window: ({ window_size }) => window_size,
  fit(data, { n_clusters, window_size, max_iter, random_state }, { random }) {
    requireWindows('KShape', data, { rows: n_clusters, window: window_size })
    const windows = normaliseWindows(joinWindows(data))
    const centroids = clusterShapes({
      windows,
      from: 0,
      to: data.rows,
      clusters: n_clusters,
      iterations: max_iter,
      draws: drawsOf(random_state === null ? random : createRandom(random_state)),
    })
    const trainScores = new Float64Array(data.rows)
    measureShapes(windows, { from: 0, to: data.rows, centroids }, trainScores)
    return { model: createShapeModel('KShape', centroids), trainScores }
  },
  restore: (state) => restoreShapeModel('KShape', state),
})

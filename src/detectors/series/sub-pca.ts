import { z } from 'zod'
import { defineDetector } from '../detector.ts'
import { judgeByComponents, pca } from '../tabular/pca.ts'
import { requireWindows, windowSizeOption } from './windows.ts'

const options = z.strictObject({ ...pca.options.shape, window_size: windowSizeOption })

const components = judgeByComponents('SubPCA')

/** PCA over windows: its scores, its treatment of constants, and its state. */
export const subPca = defineDetector({
  name: 'SubPCA',
  aliases: ['Sub-PCA'],
  summary: 'Distances of a window to the principal components of the training windows.',
  source: 'PyOD 3.6.7 pyod/models/pca.py over pyod/models/ts_od.py; Aggarwal: Outlier analysis (2017)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w² + w³', score: 'w²' },
  options,
  example: { n_components: 5, window_size: 24 },
  window: ({ window_size }) => window_size,
  fit(data, { window_size, ...rest }, environment) {
    requireWindows('SubPCA', data, { rows: 2, window: window_size })
    return components.fit(data, rest, environment)
  },
  restore: components.restore,
})

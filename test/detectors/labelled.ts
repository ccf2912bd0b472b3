import { createRandom } from '../../src/core/random.ts'
import type { DetectorDefinition, Matrix } from '../../src/detectors/detector.ts'
import { gaussianRows } from './samples.ts'
import { spikedWindows } from './series/seasonal-windows.ts'

export interface Labelled {
  readonly data: Matrix
  /** 1 for an outlier. */
  readonly labels: readonly number[]
}

const OUTLIERS_IN = 20

/** Detectors that cannot tell the outliers of these rows, with the reason. */
export const NOT_SEPARATING: ReadonlyMap<string, string> = new Map([
  [
    'SOS',
    'outliers bind each other: PyOD has the same area of 0.63, and the golden vectors hold ours to its scores',
  ],
])

/** Rows that suit a detector with its defaults, of which every twentieth is an outlier. */
export function labelledRows(definition: DetectorDefinition, rows: number, seed: number): Labelled {
  const width = definition.window?.(definition.options.parse({}))
  const labels = Array.from({ length: rows }, (_, i) => (i % OUTLIERS_IN === OUTLIERS_IN / 2 ? 1 : 0))
  return width === undefined
    ? { data: scattered(definition.columns ?? 6, labels, seed), labels }
    : { data: spikedWindows(labels, width, seed), labels }
}

/** Gaussian rows; outliers lie far off in every column. */
function scattered(columns: number, labels: readonly number[], seed: number): Matrix {
  const random = createRandom(seed + 1000)
  const mixed = gaussianRows(labels.length, columns, seed)
  labels.forEach((label, row) => {
    for (let j = 0; label === 1 && j < columns; j++)
      mixed.data[row * columns + j] = (random.next() < 0.5 ? -1 : 1) * (4 + 4 * random.next())
  })
  return mixed
}

import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gauss } from '../samples.ts'

/** A series of a season of 7 and a little noise. */
export function seasonalSeries(length: number, seed = 1): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from(
    { length },
    (_, t) => 20 + 3 * Math.sin((2 * Math.PI * t) / 7) + 0.3 * gauss(random),
  )
}

/**
 * Windows of such a series, one a label, one step apart. Those of label 1 end in a stretch without season and a value far off; no two of
 * these are alike, as detectors that look for one similar window would find them usual.
 */
export function spikedWindows(labels: readonly number[], window: number, seed = 1): Matrix {
  const random = createRandom(seed + 4)
  const windows = slidingWindows(seasonalSeries(labels.length + window - 1, seed), window)
  labels.forEach((label, row) => {
    if (label !== 1) return
    const newest = row * window
    for (let j = 1; j < window / 4; j++) windows.data[newest + j] = 20 + 3 * gauss(random)
    windows.data[newest]! += (random.next() < 0.5 ? -1 : 1) * (15 + 10 * random.next())
  })
  return windows
}

import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { requireTrainable, type StateReader } from '../checks.ts'
import type { Matrix } from '../detector.ts'

/** How many values a window holds, of detectors that take it from PyOD. */
export const windowSizeOption = z
  .int()
  .min(4)
  .max(2000)
  .default(50)
  .meta({ description: 'How many consecutive values a window holds, the newest being judged.' })

/** PyOD's treatment of several series at once; a metric is one. */
export const channelOption = z
  .enum(['max', 'mean'])
  .default('max')
  .meta({ description: 'Accepted for compatibility with PyOD; it has no effect on a single series.' })

/**
 * Windows of a series with every value held once: a run is a stretch of consecutive values, oldest first, and each stretch of `window`
 * values within a run is a window. A series without gaps is one run.
 */
export interface WindowRuns {
  readonly values: Float64Array
  /** Where in `values` each run begins. */
  readonly starts: Int32Array
  readonly window: number
}

/** Throws `TRAINING_IMPOSSIBLE` unless the rows are trainable windows of so many values. */
export function requireWindows(
  detector: string,
  data: Matrix,
  needed: { rows: number; window: number },
): void {
  requireTrainable(detector, data, needed.rows)
  if (data.columns !== needed.window)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `${detector} judges windows of ${needed.window} values and was given rows of ${data.columns}`,
    )
}

/** Joins rows, newest value first, of which each continues the one before by one value or begins a run. */
export function joinWindows({ data, rows, columns }: Matrix): WindowRuns {
  const continues = (row: number): boolean => {
    for (let cell = row * columns + 1; cell < (row + 1) * columns; cell++)
      if (data[cell] !== data[cell - 1 - columns]) return false
    return true
  }
  const begins = Uint8Array.from({ length: rows }, (_, row) => (row > 0 && continues(row) ? 0 : 1))
  const runs = begins.reduce((sum, begin) => sum + begin, 0)
  const values = new Float64Array(rows + runs * (columns - 1))
  const starts = new Int32Array(runs)
  let at = 0
  let run = 0
  for (let row = 0; row < rows; row++) {
    if (begins[row] === 1) {
      starts[run++] = at
      for (let column = columns - 1; column > 0; column--) values[at++] = data[row * columns + column]!
    }
    values[at++] = data[row * columns]!
  }
  return { values, starts, window: columns }
}

/** Where in the values each window begins, in the order of the rows. */
export function windowOffsets({ values, starts, window }: WindowRuns): Int32Array {
  const offsets = new Int32Array(values.length - starts.length * (window - 1))
  let row = 0
  for (let run = 0; run < starts.length; run++) {
    const last = (starts[run + 1] ?? values.length) - window
    for (let offset = starts[run]!; offset <= last; offset++) offsets[row++] = offset
  }
  return offsets
}

/** Copies a row, newest value first, oldest first into `window`. */
export function oldestFirst({ data, columns }: Matrix, row: number, window: Float64Array): void {
  for (let j = 0; j < columns; j++) window[j] = data[(row + 1) * columns - 1 - j]!
}

/** Runs out of the state of a model, which keeps them as its `values`, `starts` and `window`. */
export function readRuns(read: StateReader): WindowRuns {
  const runs = {
    values: read.array('values', Float64Array),
    starts: read.array('starts', Int32Array),
    window: read.number('window'),
  }
  const { values, starts, window } = runs
  read.require(Number.isInteger(window) && window >= 1, 'its window is not valid')
  read.require(
    starts.length > 0 &&
      starts[0] === 0 &&
      starts.every((start, run) => (starts[run + 1] ?? values.length) - start >= window),
    'its runs are shorter than a window',
  )
  return runs
}

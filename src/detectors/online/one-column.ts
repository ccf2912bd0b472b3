import { AnomstackError } from '../../core/errors.ts'
import { requireTrainable } from '../checks.ts'
import type { Matrix } from '../detector.ts'

/** What lies beyond counts as this, so that every sum and difference of two values is finite. */
export const LARGEST = 1e300

/** The value, or the nearest that counts. */
export function withinLargest(value: number): number {
  return Math.max(-LARGEST, Math.min(LARGEST, value))
}

/** Throws `TRAINING_IMPOSSIBLE` unless these are `minRows` values of one column. */
export function requireOneColumn(detector: string, data: Matrix, minRows: number): void {
  requireTrainable(detector, data, minRows)
  if (data.columns !== 1)
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `${detector} judges one column and was given ${data.columns}: set lags_n: 0 in preprocess_params`,
    )
}

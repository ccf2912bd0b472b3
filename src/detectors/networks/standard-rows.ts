import type { StateReader } from '../checks.ts'
import type { Matrix } from '../detector.ts'
import { type Standard, standardise } from '../statistics/standardise.ts'

// Farther out, squares of what a network makes of a number would overflow.
const FARTHEST = 1e12

/** What training rows are brought to mean 0 and variance 1 by; or nothing, for who wants them as they are. */
export function standardOf(data: Matrix, wanted: boolean): Standard {
  return wanted
    ? standardise(data, true)
    : { mean: new Float64Array(data.columns), scale: new Float64Array(data.columns).fill(1) }
}

/** Rows as a network sees them: standardised, and not farther out than it can compute with. */
export function standardRows({ data, columns }: Matrix, { mean, scale }: Standard): Float64Array {
  const rows = new Float64Array(data.length)
  for (let i = 0, j = 0; i < data.length; i++, j = j + 1 === columns ? 0 : j + 1)
    // Halves, because the difference of two large numbers may overflow.
    rows[i] = Math.max(-FARTHEST, Math.min(FARTHEST, ((data[i]! / 2 - mean[j]! / 2) / scale[j]!) * 2))
  return rows
}

/** The standard in the state of a model, which keeps it as `mean` and `scale`. */
export function readStandard(read: StateReader): Standard {
  const standard = { mean: read.array('mean', Float64Array), scale: read.array('scale', Float64Array) }
  read.require(
    standard.mean.length > 0 &&
      standard.scale.length === standard.mean.length &&
      standard.scale.every((scale) => scale > 0),
    'its arrays do not fit together',
  )
  return standard
}

import type { Combination } from '../core/combinations.ts'
import { medianOf } from './statistics/median.ts'

/** PyOD's. */
const BUCKETS = 5

// After PyOD 3.6.7 pyod/models/combination.py over combo 0.1.3 combo/models/score_comb.py; Aggarwal, Sathe: Theoretical foundations and
// algorithms for outlier ensembles (2015).

/**
 * Joins the scores that several detectors give to the same rows, or for `majority_vote` the labels (0 or 1). NaN, no opinion, is skipped; a row
 * of nothing else is NaN. `aom` is the average of the largest scores of buckets of detectors, `moa` the largest of their averages:
 * neighbours in the order of `columns` share a bucket, where PyOD draws. More `buckets` than detectors are as many. A vote needs more than
 * half of those that have an opinion.
 */
export function combine(
  columns: readonly Float64Array[],
  method: Combination,
  buckets: number = BUCKETS,
): Float64Array {
  if (method === 'aom' || method === 'moa') {
    const [within, among] = method === 'aom' ? (['max', 'mean'] as const) : (['mean', 'max'] as const)
    return combine(
      inBuckets(columns, buckets).map((bucket) => combine(bucket, within)),
      among,
    )
  }
  return joinRows(columns, JOIN[method])
}

/** The first `count` scores, at least one, as one. */
type Join = (scores: Float64Array, count: number) => number

const JOIN: Readonly<Record<Exclude<Combination, 'aom' | 'moa'>, Join>> = {
  mean: (scores, count) => sum(scores, count) / count,
  max(scores, count) {
    let most = scores[0]!
    for (let i = 1; i < count; i++) most = Math.max(most, scores[i]!)
    return most
  },
  min(scores, count) {
    let least = scores[0]!
    for (let i = 1; i < count; i++) least = Math.min(least, scores[i]!)
    return least
  },
  median: (scores, count) => medianOf(scores.subarray(0, count)),
  majority_vote: (labels, count) => (sum(labels, count) * 2 > count ? 1 : 0),
}

function sum(scores: Float64Array, count: number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += scores[i]!
  return total
}

function joinRows(columns: readonly Float64Array[], join: Join): Float64Array {
  const joined = new Float64Array(columns[0]?.length ?? 0)
  const scores = new Float64Array(columns.length)
  for (let row = 0; row < joined.length; row++) {
    let count = 0
    for (const column of columns) {
      const score = column[row]!
      if (!Number.isNaN(score)) scores[count++] = score
    }
    joined[row] = count === 0 ? Number.NaN : join(scores, count)
  }
  return joined
}

/** Columns in groups of sizes that differ by one at most. */
function inBuckets(columns: readonly Float64Array[], buckets: number): Float64Array[][] {
  const count = Math.min(buckets, columns.length)
  const begin = (bucket: number) => Math.floor((bucket * columns.length) / count)
  return Array.from({ length: count }, (_, bucket) => columns.slice(begin(bucket), begin(bucket + 1)))
}

import { percentile } from './statistics/percentile.ts'
import { countUpTo } from './statistics/sorted.ts'
import { binomialCdf, erf } from './statistics/special-functions.ts'

/** How scores of one model become 0..1: what is kept of its training scores. Plain JSON. */
export type Scale =
  | { readonly method: 'linear'; readonly min: number; readonly max: number }
  | { readonly method: 'unify'; readonly mean: number; readonly deviation: number }

// PyOD's formulas, from pyod/models/base.py (predict_proba, predict_confidence); a range below this counts
// as none.
const NO_RANGE = 10 * Number.EPSILON

/** Min-max of the training scores. */
export function linearScale(trainScores: Float64Array): Scale {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const score of trainScores) {
    if (score < min) min = score
    if (score > max) max = score
  }
  return trainScores.length === 0 ? { method: 'linear', min: 0, max: 0 } : { method: 'linear', min, max }
}

/** Mean and population standard deviation of the training scores (Kriegel 2011). */
export function unifyScale(trainScores: Float64Array): Scale {
  const count = Math.max(1, trainScores.length)
  const mean = trainScores.reduce((sum, score) => sum + score / count, 0)
  const largest = trainScores.reduce((most, score) => Math.max(most, Math.abs(score - mean)), 0)
  if (largest === 0) return { method: 'unify', mean, deviation: 0 }
  const squares = trainScores.reduce((sum, score) => sum + ((score - mean) / largest) ** 2, 0)
  return { method: 'unify', mean, deviation: largest * Math.sqrt(squares / count) }
}

/** How scores become probabilities by a method. */
export function probabilityScale(trainScores: Float64Array, method: Scale['method']): Scale {
  return method === 'linear' ? linearScale(trainScores) : unifyScale(trainScores)
}

/**
 * Scores as probabilities in 0..1. Where the training scores are all equal, `linear` takes 1 as their range,
 * and `unify` gives 1 above them and else 0.
 */
export function toProbability(scores: Float64Array, scale: Scale): Float64Array {
  switch (scale.method) {
    case 'linear': {
      const { min, max } = scale
      const range = max - min < NO_RANGE ? 1 : max - min
      // Halves, where the range itself overflows.
      if (range === Number.POSITIVE_INFINITY)
        return scores.map((score) => clip((score / 2 - min / 2) / (max / 2 - min / 2)))
      return scores.map((score) => clip((score - min) / range))
    }
    case 'unify': {
      const { mean, deviation } = scale
      if (deviation === 0) return scores.map((score) => (score > mean ? 1 : 0))
      return scores.map((score) => clip(erf((score - mean) / (deviation * Math.SQRT2))))
    }
  }
}

function clip(probability: number): number {
  return Math.min(1, Math.max(0, probability))
}

/** The score above which a row counts as an outlier. */
export function thresholdOf(trainScores: Float64Array, contamination: number): number {
  return percentile(trainScores, 100 * (1 - contamination))
}

/** 1 for each score above the threshold, else 0. */
export function labelsOf(scores: Float64Array, threshold: number): Uint8Array {
  return Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0))
}

/**
 * How sure it is, in 0..1, that a slightly different training set would give each score the same label
 * (Perini 2020).
 */
export function confidenceOf(
  scores: Float64Array,
  {
    trainScores,
    contamination,
    threshold,
  }: { trainScores: Float64Array; contamination: number; threshold: number },
): Float64Array {
  const count = trainScores.length
  const sorted = trainScores.slice().sort()
  const normal = count - Math.floor(count * contamination)
  return scores.map((score) => {
    const outlying = (1 + countUpTo(sorted, score)) / (2 + count)
    const confidence = 1 - binomialCdf(normal, count, outlying)
    return score > threshold ? confidence : 1 - confidence
  })
}

import { defineDetector } from '../detector.ts'
import { type JoinTails, judgeByTails, tailOptions } from '../tails/by-tails.ts'

const join: JoinTails = ({ left, right, skew }) => {
  for (let cell = 0; cell < left.length; cell++) {
    const down = left[cell]!
    const up = right[cell]!
    const long = skew[cell]! < 0 ? down : skew[cell]! > 0 ? up : down + up
    left[cell] = Math.max(long, (down + up) / 2)
  }
  return left
}

/**
 * Score = sum over the columns of the larger of the tail on the long side of the column, by the sign of its skewness, and the mean of both
 * tails. The tails are those of ECOD, and so is what `reference` does: by default they are learned from the training rows alone, never from
 * the other rows of a call as in PyOD.
 */
export const copod = defineDetector({
  name: 'COPOD',
  summary: 'How far out a row lies in the tail on the long side of each column.',
  source: 'PyOD 3.6.7 pyod/models/copod.py; Li et al.: COPOD, copula-based outlier detection (2020)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'd · n log n', score: 'd · log n' },
  options: tailOptions,
  example: { reference: 'pyod' },
  ...judgeByTails('COPOD', join),
})

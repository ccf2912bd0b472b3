import { defineDetector } from '../detector.ts'
import { type JoinTails, judgeByTails, tailOptions } from '../tails/by-tails.ts'

const join: JoinTails = ({ left, right, skew }) => {
  for (let cell = 0; cell < left.length; cell++) {
    const down = left[cell]!
    const up = right[cell]!
    left[cell] = skew[cell] === 0 ? down + up : Math.max(down, up)
  }
  return left
}

/**
 * Score = sum over the columns of the larger of -log F(x) and -log G(x), and of their sum in a column without skewness; F is the share of
 * training values that are not above x, G of those not below. The paper's third term, the tail on the long side of the column, is one of the
 * two. PyOD learns F and G anew from the training rows together with all rows of a call, so that a score there depends on the other rows of
 * the call; here it never does, and `reference: pyod` gives what PyOD gives for a call with one row. A skewness that is nothing but rounding
 * errors counts as none.
 */
export const ecod = defineDetector({
  name: 'ECOD',
  summary: 'How far out a row lies in the tails of each column.',
  source:
    'PyOD 3.6.7 pyod/models/ecod.py; Li et al.: ECOD, unsupervised outlier detection using empirical cumulative distribution functions (2022)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'd · n log n', score: 'd · log n' },
  options: tailOptions,
  example: { reference: 'train' },
  ...judgeByTails('ECOD', join),
})

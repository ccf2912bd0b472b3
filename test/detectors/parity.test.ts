import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { findDetector } from '../../src/detectors/index.ts'
import { thresholdOf } from '../../src/detectors/probability.ts'
import {
  type DeterministicCase,
  largestError,
  type RandomisedCase,
  readGoldenDetectors,
  readGoldenSets,
} from './golden.ts'
import { areaUnderCurve, spearman } from './samples.ts'

/** The bar of deterministic detectors; some are exact to the last bits. */
const TOLERANCE = 1e-9
const SEEDS = 10

const sets = readGoldenSets()
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function learn(detector: string, { set, options }: DeterministicCase | RandomisedCase, seed = 1) {
  const definition = findDetector(detector)!
  const parsed = definition.options.parse(options)
  const { train, test } = sets.get(set)!
  const fitted = definition.fit(train, parsed, { random: createRandom(seed) })
  return {
    trainScores: fitted.trainScores,
    testScores: fitted.model.score(test),
    threshold: fitted.threshold ?? thresholdOf(fitted.trainScores, Number(parsed.contamination)),
  }
}

describe.each(readGoldenDetectors())(
  '$detector',
  ({ detector, versions, deterministic = [], randomised = [] }) => {
    it('has golden vectors of a known PyOD', () => {
      expect(versions).toMatchObject({ pyod: '3.6.7', 'scikit-learn': '1.9.1', numpy: '2.4.6' })
      expect(deterministic.length + randomised.length).toBeGreaterThan(0)
    })

    it.each(deterministic)('gives the scores of PyOD on $set with $options', (theirs) => {
      const ours = learn(detector, theirs)
      // A score that is zero but for rounding has no relative error.
      const floor = 1e-6 * Math.max(...theirs.train.map(Math.abs))
      expect(largestError(ours.trainScores, theirs.train, floor)).toBeLessThan(TOLERANCE)
      expect(largestError(ours.testScores, theirs.test, floor)).toBeLessThan(TOLERANCE)
      expect(largestError([ours.threshold], [theirs.threshold], floor)).toBeLessThan(TOLERANCE)
    })

    describe.each(randomised)('over ten seeds on $set with $options', (theirs) => {
      let learned: readonly ReturnType<typeof learn>[] | undefined
      const ours = () =>
        (learned ??= Array.from({ length: SEEDS }, (_, seed) => learn(detector, theirs, seed)))

      it('separates outliers as well as PyOD', () => {
        const { labels } = sets.get(theirs.set)!
        const areas = ours().map(({ trainScores }) => areaUnderCurve(trainScores, labels!))
        expect(Math.abs(mean(areas) - mean(theirs.auc))).toBeLessThan(0.02)
      })

      it('orders rows like PyOD', () => {
        // Two runs of PyOD itself may agree less than the bar asks for.
        const bar = Math.min(0.95, theirs.agreement - 0.01)
        const agreement = (pick: 'trainScores' | 'testScores', runs: readonly (readonly number[])[]) =>
          mean(ours().flatMap((run) => runs.map((other) => spearman(run[pick], other))))
        expect(agreement('trainScores', theirs.train)).toBeGreaterThanOrEqual(bar)
        expect(agreement('testScores', theirs.test)).toBeGreaterThanOrEqual(bar - 0.05)
      })
    })
  },
)

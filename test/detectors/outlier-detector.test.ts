import { describe, expect, it } from 'vitest'
import { fitDetector, restoreDetector } from '../../src/detectors/outlier-detector.ts'
import { rejectionBounds } from '../../src/detectors/rejection.ts'
import { knn } from '../../src/detectors/tabular/knn.ts'
import { pca } from '../../src/detectors/tabular/pca.ts'
import { largestError, readGolden, readGoldenSets } from './golden.ts'
import { gaussianRows, matrixOf } from './samples.ts'

interface Golden {
  readonly cases: readonly {
    readonly contamination: number
    readonly tolerance: number
    readonly labels: readonly number[]
    readonly expectedRate: number
    readonly rateBound: number
    readonly costBound: number
    readonly ranks: readonly number[]
  }[]
}

const { cases } = readGolden<Golden>(import.meta.url, 'base')
const { train, test } = readGoldenSets().get('gaussian')!

describe.each(cases)('PyOD at contamination $contamination and T = $tolerance', (theirs) => {
  const { contamination, tolerance } = theirs
  const detector = fitDetector(knn, train, { options: { contamination } })

  it('rejects the same rows', () => {
    expect([...detector.labelOrReject(test, tolerance)]).toEqual(theirs.labels)
  })

  it('gives the same rate and bounds', () => {
    const { expectedRate, rateBound, costBound } = detector.rejection({ tolerance })
    const ours = [expectedRate, rateBound, costBound]
    // PyOD finds its roots to 2e-12, where the tails leave so many digits of them.
    const error = Math.max(1e-11, 1e-18 * Math.exp(tolerance))
    expect(largestError(ours, [theirs.expectedRate, theirs.rateBound, theirs.costBound], 1)).toBeLessThan(
      error,
    )
  })

  it('gives the same ranks', () => {
    expect([...detector.rank(test)]).toEqual(theirs.ranks)
  })
})

it('bounds are finite for any number of rows', () => {
  const costs = { tolerance: 32, delta: 0.1, falsePositive: 1, falseNegative: 1, rejection: 0.1 }
  for (const count of [1, 2, 5, 11, 1000, 100_000])
    for (const bound of Object.values(rejectionBounds(count, 0.1, costs)))
      expect(Number.isFinite(bound), `${count} rows`).toBe(true)
})

it('refuses options that the detector does not have, and names them', () => {
  expect(() => fitDetector(knn, train, { options: { n_neighbors: 0 } })).toThrow(
    /options of KNN: n_neighbors: /,
  )
})

it('takes another threshold', () => {
  const detector = fitDetector(knn, train, { threshold: (scores) => Math.max(...scores) })
  expect([...detector.label(train)].every((label) => label === 0)).toBe(true)
})

it('says that a detector cannot learn from more rows', () => {
  expect(() => fitDetector(pca, train).partialFit(test)).toThrow(
    expect.objectContaining({ code: 'INPUT_INVALID' }),
  )
})

it('is saved and restored, and refused by another detector', () => {
  const detector = fitDetector(knn, train, { options: { contamination: 0.2 } })
  const saved = structuredClone(detector.saved)
  const restored = restoreDetector(knn, saved)
  expect(restored.threshold).toBe(detector.threshold)
  expect(restored.confidence(test)).toEqual(detector.confidence(test))
  expect(restored.probability(test, 'unify')).toEqual(detector.probability(test, 'unify'))
  expect(() => restoreDetector(pca, saved)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
})

it('ranks are shares of the training rows when they are normalized', () => {
  const detector = fitDetector(knn, gaussianRows(100, 2))
  const [inside, outside] = detector.rank(
    matrixOf([
      [0, 0],
      [50, 50],
    ]),
    { normalized: true },
  )
  expect(outside).toBe(1)
  expect(inside).toBeLessThan(0.5)
})

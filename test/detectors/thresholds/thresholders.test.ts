import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../../src/detectors/probability.ts'
import { normalUpperQuantile, studentUpperQuantile } from '../../../src/detectors/statistics/quantiles.ts'
import { medianDeviation } from '../../../src/detectors/thresholds/median-deviation.ts'
import { fitTail } from '../../../src/detectors/thresholds/tail.ts'
import { thresholders } from '../../../src/detectors/thresholds/thresholders.ts'
import { zScore } from '../../../src/detectors/thresholds/z-score.ts'
import { readGolden } from '../golden.ts'
import { gaussianRows } from '../samples.ts'

const golden = readGolden<{
  cases: {
    name: string
    scores: number[]
    found: Record<string, { threshold: number | null; outliers: number }>
  }[]
  tails: { excesses: number[]; shape: number; scale: number }[]
  quantiles: { normal: [number, number][]; student: [number, number, number][] }
}>(import.meta.url, 'thresholds')

const above = (scores: Float64Array, limit: number) =>
  labelsOf(scores, limit).reduce((sum, label) => sum + label, 0)

describe.each(golden.cases)('of $name scores', ({ scores: values, found }) => {
  const scores = Float64Array.from(values)
  it.each(Object.keys(found))('%s is that of PyThresh', (name) => {
    const limit = thresholders.find((thresholder) => thresholder.name === name)!.threshold(scores)
    const theirs = found[name]!
    if (name === 'ZSCORE') {
      // PyThresh gives the least outlier, ours the limit below it.
      expect(limit).toBeLessThan(theirs.threshold!)
    } else {
      const expected = theirs.threshold ?? Math.max(...values)
      expect(Math.abs(limit - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)))
    }
    expect(above(scores, limit)).toBe(theirs.outliers)
  })
})

describe.each(thresholders)('$name', ({ name, summary, source, threshold }) => {
  const scores = gaussianRows(200, 1, 4).data

  it('says what it is', () => {
    expect(summary).toMatch(/^[A-Z].*\.$/)
    expect(source.length).toBeGreaterThan(10)
    expect(thresholders.filter((other) => other.name === name)).toHaveLength(1)
  })

  it('changes no scores, and does not depend on their order', () => {
    const given = scores.slice()
    const limit = threshold(given)
    expect(given).toEqual(scores)
    expect(threshold(scores.slice().reverse())).toBe(limit)
  })

  it.each([
    ['one', [3]],
    ['equal', [0.1, 0.1, 0.1, 0.1]],
    ['zero', [0, 0, 0]],
    ['the largest', Array.from({ length: 20 }, () => Number.MAX_VALUE)],
  ])('calls none of %s scores an outlier', (_, equal) => {
    expect(threshold(Float64Array.from(equal))).toBe(equal[0])
  })

  it('is not a number of nothing', () => {
    expect(threshold(new Float64Array(0))).toBeNaN()
  })

  it.each([
    ['two', [1, 2]],
    ['three', [0, 0, 1]],
    ['tied', Array.from({ length: 60 }, (_, i) => i % 2)],
    ['one other', Array.from({ length: 60 }, (_, i) => (i === 7 ? 5 : 1))],
    ['huge', Array.from({ length: 60 }, (_, i) => Math.sin(i) * Number.MAX_VALUE)],
    ['extreme', Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? -1 : 1) * Number.MAX_VALUE)],
    ['tiny', Array.from({ length: 60 }, (_, i) => Math.sin(i) * 1e-300)],
    ['nearly equal', Array.from({ length: 60 }, (_, i) => 1 + (i % 4) * Number.EPSILON)],
    ['one huge', Array.from({ length: 60 }, (_, i) => (i === 30 ? 1e300 : Math.sin(i)))],
  ])('is among %s scores, or above', (_, values) => {
    const limit = threshold(Float64Array.from(values))
    expect(Number.isFinite(limit)).toBe(true)
    expect(limit).toBeGreaterThanOrEqual(Math.min(...values) - Math.abs(Math.min(...values)) * 1e-15 - 5e-324)
  })
})

// EVT takes what is far for the tail that scores have: it is for scores of rows known to be sound.
it.each(thresholders.filter(({ name }) => name !== 'EVT'))(
  '$name finds what is far from all others',
  ({ threshold }) => {
    const spoiled = Float64Array.from([...gaussianRows(200, 1, 4).data, 30, 31, 32])
    expect(threshold(spoiled)).toBeLessThan(32)
  },
)

describe('factors', () => {
  const scores = Float64Array.from([0, 1, 2, 3, 4, 10])
  it('move the threshold', () => {
    const deviation = Math.sqrt([...scores].reduce((sum, score) => sum + (score - 10 / 3) ** 2, 0) / 6)
    expect(zScore(scores, 1.5)).toBeCloseTo(10 / 3 + 1.5 * deviation, 12)
    expect(zScore(scores, 100)).toBe(10)
    expect(medianDeviation(scores, 0.5)).toBeLessThan(medianDeviation(scores, 1))
  })
})

describe('tails', () => {
  it.each(golden.tails)(
    'of shape $shape are as likely as those that SciPy finds',
    ({ excesses, ...theirs }) => {
      const ours = fitTail(Float64Array.from(excesses))
      expect(ours.shape).toBeCloseTo(theirs.shape, 3)
      expect(ours.scale / theirs.scale).toBeCloseTo(1, 3)
    },
  )

  it('of few or equal excesses are exponential', () => {
    expect(fitTail(Float64Array.of(2, 4))).toEqual({ shape: 0, scale: 3 })
    expect(fitTail(new Float64Array(0))).toEqual({ shape: 0, scale: 0 })
  })
})

describe('upper quantiles', () => {
  it.each(golden.quantiles.normal)('normal, of %d', (p, expected) => {
    // The far tail is what 1 - erf leaves of it.
    expect(Math.abs(normalUpperQuantile(p) / expected - 1)).toBeLessThan(Math.max(1e-12, 1e-16 / p))
  })

  it.each(golden.quantiles.student)(
    'of Student, of %d with %d degrees of freedom',
    (p, degrees, expected) => {
      expect(Math.abs(studentUpperQuantile(p, degrees) / expected - 1)).toBeLessThan(1e-11)
    },
  )
})

import { describe, expect, it } from 'vitest'
import {
  confidenceOf,
  labelsOf,
  linearScale,
  thresholdOf,
  toProbability,
  unifyScale,
} from '../../src/detectors/probability.ts'
import { binomialCdf, erf, logFactorial } from '../../src/detectors/statistics/special-functions.ts'
import { largestError, readGolden } from './golden.ts'

interface Golden {
  readonly train: readonly number[]
  readonly test: readonly number[]
  readonly cases: readonly {
    readonly contamination: number
    readonly threshold: number
    readonly labels: readonly number[]
    readonly linear: readonly number[]
    readonly unify: readonly number[]
    readonly confidence: readonly number[]
  }[]
  readonly binomialCdf: readonly (readonly [number, number, number, number])[]
}

const golden = readGolden<Golden>(import.meta.url, 'probability')
const train = Float64Array.from(golden.train)
const test = Float64Array.from(golden.test)

describe.each(golden.cases)('PyOD with contamination $contamination', (theirs) => {
  const { contamination } = theirs
  const threshold = thresholdOf(train, contamination)

  it('threshold and labels', () => {
    expect(largestError([threshold], [theirs.threshold])).toBeLessThan(1e-15)
    expect(Array.from(labelsOf(test, threshold))).toEqual(theirs.labels)
  })
  it('linear probability', () => {
    expect(largestError(toProbability(test, linearScale(train)), theirs.linear, 1e-3)).toBeLessThan(1e-12)
  })
  it('unified probability', () => {
    expect(largestError(toProbability(test, unifyScale(train)), theirs.unify, 1e-3)).toBeLessThan(1e-12)
  })
  it('confidence', () => {
    const ours = confidenceOf(test, { trainScores: train, contamination, threshold })
    expect(largestError(ours, theirs.confidence, 1e-3)).toBeLessThan(1e-10)
  })
})

it.each(golden.binomialCdf)('binomial distribution function (%i; %i, %f)', (k, n, p, theirs) => {
  expect(largestError([binomialCdf(k, n, p)], [theirs], 1e-6)).toBeLessThan(1e-9)
})

it('error function, from the tables of Abramowitz and Stegun', () => {
  expect(erf(0)).toBe(0)
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15)
  expect(erf(-1)).toBeCloseTo(-0.8427007929497149, 15)
  expect(erf(2.49)).toBeCloseTo(0.999571103213645, 5)
  expect(1 - erf(2.5)).toBeCloseTo(4.069520174449589e-4, 14)
  expect(erf(2.4999999)).toBeLessThanOrEqual(erf(2.5))
  expect(erf(40)).toBe(1)
})

it('logarithm of a factorial, across the change of method', () => {
  for (const n of [1, 15, 16, 17, 100])
    expect(logFactorial(n) - logFactorial(n - 1)).toBeCloseTo(Math.log(n), 12)
})

describe('training scores without a range', () => {
  it('linear takes 1 as the range', () => {
    const scale = linearScale(Float64Array.of(2, 2, 2))
    expect(Array.from(toProbability(Float64Array.of(1, 2, 2.25, 9), scale))).toEqual([0, 0, 0.25, 1])
  })
  it('unify says 1 above and 0 elsewhere', () => {
    const scale = unifyScale(Float64Array.of(2, 2, 2))
    expect(Array.from(toProbability(Float64Array.of(1, 2, 2.25), scale))).toEqual([0, 0, 1])
  })
  it('rounding noise is no range', () => {
    const scale = linearScale(Float64Array.of(0, 1e-16, 2e-16))
    expect(toProbability(Float64Array.of(2e-16), scale)[0]).toBeLessThan(1e-12)
  })
})

it('extreme scores stay within 0..1', () => {
  const huge = Float64Array.of(-Number.MAX_VALUE, 0, Number.MAX_VALUE)
  expect(Array.from(toProbability(huge, linearScale(huge)))).toEqual([0, 0.5, 1])
  for (const probability of toProbability(huge, unifyScale(huge)))
    expect(probability >= 0 && probability <= 1).toBe(true)
})

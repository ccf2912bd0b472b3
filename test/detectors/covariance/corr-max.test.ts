import { expect, it } from 'vitest'
import { corrMax, transform } from '../../../src/detectors/covariance/corr-max.ts'
import { whitening } from '../../../src/detectors/covariance/whitening.ts'

const COVARIANCE = Float64Array.of(4, 1.2, -2, 1.2, 1, 0.1, -2, 0.1, 9)

const squares = (values: Float64Array) => values.map((value) => value * value)
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

it('squares sum up to the Mahalanobis distance', () => {
  const whiten = whitening(COVARIANCE, 3)
  const difference = Float64Array.of(1, -2, 0.5)
  const mahalanobis = sum(squares(transform(whiten, difference)))
  expect(sum(squares(transform(corrMax(whiten, 3), difference)))).toBeCloseTo(mahalanobis, 10)
})

it('is the inverse root of the correlation, of columns in standard deviations', () => {
  const transformation = corrMax(whitening(COVARIANCE, 3), 3)
  const deviations = [2, 1, 3]
  // Symmetric once the units are taken out, and its inverse squared is the correlation.
  const inStandard = (i: number, j: number) => transformation[i * 3 + j]! * deviations[j]!
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < i; j++) expect(inStandard(i, j)).toBeCloseTo(inStandard(j, i), 10)
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      let product = 0
      for (let k = 0; k < 3; k++)
        for (let m = 0; m < 3; m++)
          product +=
            inStandard(i, k) * (COVARIANCE[k * 3 + m]! / deviations[k]! / deviations[m]!) * inStandard(m, j)
      expect(product).toBeCloseTo(i === j ? 1 : 0, 9)
    }
})

it('columns without correlation have their own squares', () => {
  const transformation = corrMax(whitening(Float64Array.of(4, 0, 0, 25), 2), 2)
  expect([...transform(transformation, Float64Array.of(2, -15))]).toEqual([
    expect.closeTo(1, 12),
    expect.closeTo(-3, 12),
  ])
})

it('stays finite where a direction has no variance', () => {
  const transformation = corrMax(whitening(Float64Array.of(1, 1, 1, 1), 2), 2)
  expect(transform(transformation, Float64Array.of(1e300, -1e300)).every(Number.isFinite)).toBe(true)
})

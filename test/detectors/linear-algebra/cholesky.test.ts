import { describe, expect, it } from 'vitest'
import { cholesky, invertLower, logDeterminant } from '../../../src/detectors/linear-algebra/cholesky.ts'
import { gaussianRows } from '../samples.ts'

describe('the Cholesky factor', () => {
  it('of a matrix worked by hand', () => {
    const matrix = Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98)
    const factor = cholesky(matrix, 3)!
    expect(Array.from(factor)).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3])
    expect(Array.from(invertLower(factor, 3))).toEqual([0.5, 0, 0, -3, 1, 0, 19 / 3, -5 / 3, 1 / 3])
    expect(logDeterminant(factor, 3)).toBeCloseTo(Math.log(36), 14)
  })

  it('reads the lower half only', () => {
    expect(Array.from(cholesky(Float64Array.of(4, Number.NaN, 2, 5), 2)!)).toEqual([2, 0, 1, 2])
  })

  it('does not exist without positive definiteness, or of values that are not finite', () => {
    for (const matrix of [
      [0, 0, 0, 1],
      [1, 1, 1, 1],
      [1, 2, 2, 1],
      [-1, 0, 0, 1],
      [1, 0, 0, Number.NaN],
      [Number.POSITIVE_INFINITY, 0, 0, 1],
    ])
      expect(cholesky(Float64Array.from(matrix), 2)).toBeUndefined()
  })

  it('and its inverse give the matrix back', () => {
    const size = 12
    const half = gaussianRows(30, size, 4).data
    const matrix = new Float64Array(size * size)
    for (let c = 0; c < size * size; c++)
      for (let row = 0; row < 30 * size; row += size)
        matrix[c]! += half[row + Math.floor(c / size)]! * half[row + (c % size)]!
    const factor = cholesky(matrix, size)!
    const inverse = invertLower(factor, size)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let entry = 0
        let identity = 0
        for (let k = 0; k < size; k++) {
          entry += factor[i * size + k]! * factor[j * size + k]!
          identity += factor[i * size + k]! * inverse[k * size + j]!
        }
        expect(entry).toBeCloseTo(matrix[i * size + j]!, 11)
        expect(identity).toBeCloseTo(i === j ? 1 : 0, 13)
      }
  })
})

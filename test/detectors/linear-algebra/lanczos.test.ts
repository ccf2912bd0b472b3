import { describe, expect, it } from 'vitest'
import { symmetricEigen } from '../../../src/detectors/linear-algebra/eigen.ts'
import { leadingEigen } from '../../../src/detectors/linear-algebra/lanczos.ts'
import { tridiagonalEigen } from '../../../src/detectors/linear-algebra/tridiagonal.ts'
import { gaussianRows } from '../samples.ts'

function symmetric(size: number): Float64Array {
  const half = gaussianRows(size, size, size).data
  return Float64Array.from(
    { length: size * size },
    (_, c) => half[c]! + half[(c % size) * size + Math.floor(c / size)]!,
  )
}

describe('the eigenvalues of a tridiagonal matrix', () => {
  it.each([1, 2, 7, 40])('of size %i are those of Jacobi, with their vectors', (size) => {
    const diagonal = gaussianRows(1, size, 3).data
    const below = gaussianRows(1, size, 4).data
    const matrix = new Float64Array(size * size)
    const rows = new Float64Array(size * size)
    for (let i = 0; i < size; i++) {
      matrix[i * size + i] = diagonal[i]!
      rows[i * size + i] = 1
      if (i + 1 < size) matrix[i * size + i + 1] = matrix[(i + 1) * size + i] = below[i]!
    }
    const values = diagonal.slice()
    tridiagonalEigen(values, below.slice(), rows)
    const wanted = symmetricEigen(matrix, size).values
    Array.from(values)
      .sort((a, b) => b - a)
      .forEach((value, i) => {
        expect(value).toBeCloseTo(wanted[i]!, 12)
      })
    for (let k = 0; k < size; k++)
      for (let i = 0; i < size; i++) {
        let image = 0
        for (let j = 0; j < size; j++) image += matrix[i * size + j]! * rows[k * size + j]!
        expect(image).toBeCloseTo(values[k]! * rows[k * size + i]!, 12)
      }
  })
})

describe("Lanczos' method", () => {
  it.each([
    [1, 1],
    [5, 5],
    [30, 3],
    [90, 12],
  ])('of a matrix of size %i finds the %i largest', (size, count) => {
    const matrix = symmetric(size)
    const { values, vectors } = leadingEigen(matrix, size, count)
    const wanted = symmetricEigen(matrix, size)
    expect(values).toHaveLength(count)
    for (let k = 0; k < count; k++) {
      expect(values[k]).toBeCloseTo(wanted.values[k]!, 11)
      let cosine = 0
      for (let j = 0; j < size; j++) cosine += vectors[k * size + j]! * wanted.vectors[k * size + j]!
      expect(Math.abs(cosine)).toBeCloseTo(1, 11)
    }
  })

  it('finds equal eigenvalues, and zeros', () => {
    const identity = new Float64Array(16)
    for (let i = 0; i < 4; i++) identity[5 * i] = 2
    expect(Array.from(leadingEigen(identity, 4, 3).values)).toEqual(
      [2, 2, 2].map((x) => expect.closeTo(x, 13)),
    )
    const nothing = leadingEigen(new Float64Array(9), 3, 2)
    expect(Array.from(nothing.values)).toEqual([0, 0])
    expect(nothing.vectors.every(Number.isFinite)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { symmetricEigen } from '../../../src/detectors/linear-algebra/eigen.ts'
import { pca } from '../../../src/detectors/tabular/pca.ts'
import { gaussianRows, matrixOf, rowOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}) =>
  pca.fit(data, pca.options.parse(options), { random: createRandom(1) })

function withColumn(data: Matrix, column: number, value: (row: number) => number): Matrix {
  const copy = { ...data, data: data.data.slice() }
  for (let row = 0; row < data.rows; row++) copy.data[row * data.columns + column] = value(row)
  return copy
}

describe('the eigen-decomposition', () => {
  it.each([1, 2, 3, 6, 20])('of size %i gives the matrix back', (size) => {
    const half = gaussianRows(size, size, size).data
    const matrix = Float64Array.from(
      { length: size * size },
      (_, c) => half[c]! + half[(c % size) * size + Math.floor(c / size)]!,
    )
    const { values, vectors } = symmetricEigen(matrix, size)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        let entry = 0
        let dot = 0
        for (let k = 0; k < size; k++) {
          entry += values[k]! * vectors[k * size + i]! * vectors[k * size + j]!
          dot += vectors[i * size + k]! * vectors[j * size + k]!
        }
        expect(entry).toBeCloseTo(matrix[i * size + j]!, 12)
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 13)
      }
    for (let k = 1; k < size; k++) expect(values[k - 1]).toBeGreaterThanOrEqual(values[k]!)
  })

  it('makes the loading of largest size positive, the first of equal ones', () => {
    const { vectors } = symmetricEigen(Float64Array.of(1, -0.5, -0.5, 1), 2)
    expect(Array.from(vectors).map(Math.sign)).toEqual([1, -1, 1, 1])
    const { vectors: skewed } = symmetricEigen(Float64Array.of(1, -0.5, -0.5, 3), 2)
    expect(Array.from(skewed).map(Math.sign)).toEqual([-1, 1, 1, 1])
  })
})

describe('options', () => {
  it('more components than there are cannot be kept, nor selected', () => {
    expect(() => learn(gaussianRows(30, 3), { n_components: 4 })).toThrow(
      /cannot keep 4 components of data with 3/,
    )
    expect(() => learn(gaussianRows(30, 3), { n_components: 2, n_selected_components: 3 })).toThrow(
      /cannot select 3 of 2/,
    )
    expect(() => learn(gaussianRows(1, 3))).toThrow(/needs at least 2 rows/)
  })

  it('accepts every parameter of PyOD', () => {
    const parameters = {
      contamination: 0.01,
      n_components: 0.9,
      n_selected_components: null,
      copy: true,
      whiten: false,
    }
    const solver = {
      svd_solver: 'auto',
      tol: 0,
      iterated_power: 'auto',
      random_state: 1,
      weighted: true,
      standardization: true,
    }
    expect(() => pca.options.parse({ ...parameters, ...solver })).not.toThrow()
  })
})

describe('distances', () => {
  it('of a row that is a component are exact, and of any row those of the formula, in a block or alone', () => {
    const { model } = learn(gaussianRows(200, 3, 8))
    const { components, weights, mean, scale } = model.state as Record<string, Float64Array> & {
      components: Matrix
    }
    const rows = gaussianRows(131, 3, 9)
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) rows.data[3 * i + j] = mean![j]! + scale![j]! * components.data[3 * i + j]!
    const scores = model.score(rows)
    for (let row = 0; row < rows.rows; row++) {
      let wanted = 0
      for (let i = 0; i < 3; i++) {
        let squares = 0
        for (let j = 0; j < 3; j++)
          squares += ((rows.data[3 * row + j]! - mean![j]!) / scale![j]! - components.data[3 * i + j]!) ** 2
        wanted += Math.sqrt(squares) / weights![i]!
      }
      expect(scores[row]! / wanted).toBeCloseTo(1, 12)
      expect(model.score(rowOf(rows, row))[0]).toBe(scores[row])
    }
  })
})

describe('bugs of the original', () => {
  it('2.2: a constant series gives finite scores, and a value that leaves the constant scores higher', () => {
    const { model, trainScores } = learn(matrixOf(Array.from({ length: 40 }, () => [7.1, 7.1, 7.1])))
    expect(Array.from(trainScores).every((score) => score === trainScores[0] && Number.isFinite(score))).toBe(
      true,
    )
    const [same, other, far] = model.score(
      matrixOf([
        [7.1, 7.1, 7.1],
        [7.1, 8.1, 7.1],
        [7.1, 1e300, -1e300],
      ]),
    )
    expect(same).toBeLessThan(1e-12)
    expect(other).toBeCloseTo(1, 12)
    expect(far).toBeGreaterThan(1e299)
    expect(Number.isFinite(far)).toBe(true)
  })

  it.each([true, false])(
    '2.2: a constant column does not make the scores explode (standardization %s)',
    (standardization) => {
      const data = withColumn(gaussianRows(100, 4), 2, () => 0.1)
      const { model, trainScores } = learn(data, { standardization })
      expect(Math.max(...trainScores)).toBeLessThan(1000)
      const [inlier, outlier] = model.score(
        matrixOf([
          [0, 0, 0.1, 0],
          [0, 0, 9, 0],
        ]),
      )
      expect(outlier).toBeGreaterThan(inlier!)
    },
  )

  it('2.2: columns that repeat each other do not make the scores explode', () => {
    const data = gaussianRows(100, 4)
    const { model, trainScores } = learn(withColumn(data, 3, (row) => 2 * data.data[row * 4]! + 5))
    expect(Math.max(...trainScores)).toBeLessThan(1000)
    const [inlier, outlier] = model.score(
      matrixOf([
        [0, 0, 0, 5],
        [0, 0, 0, 25],
      ]),
    )
    expect(outlier).toBeGreaterThan(inlier!)
  })

  it('2.2: fewer rows than columns', () => {
    const { trainScores } = learn(gaussianRows(4, 6))
    expect(trainScores.every(Number.isFinite)).toBe(true)
    expect(Math.max(...trainScores)).toBeLessThan(1e6)
  })
})

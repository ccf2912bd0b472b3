import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { fastMcd } from '../../../src/detectors/covariance/fast-mcd.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { mcd } from '../../../src/detectors/tabular/mcd.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}, seed = 1) =>
  mcd.fit(data, mcd.options.parse(options), { random: createRandom(seed) })

/** Correlated rows, of which every third stands at a distant place. */
function contaminated(rows: number): Matrix {
  const { data } = gaussianRows(rows, 2, 4)
  return matrixOf(
    Array.from({ length: rows }, (_, i) =>
      i % 3 === 0
        ? [40 + data[2 * i]!, -40 + data[2 * i + 1]!]
        : [data[2 * i]!, data[2 * i]! + 0.2 * data[2 * i + 1]!],
    ),
  )
}

describe('MCD', () => {
  it.each([60, 900, 2100])('is not moved by a third of outliers among %i rows', (rows) => {
    const { trainScores, model } = learn(contaminated(rows))
    const inliers = trainScores.filter((_, i) => i % 3 !== 0)
    const outliers = trainScores.filter((_, i) => i % 3 === 0)
    expect(Math.min(...outliers)).toBeGreaterThan(10 * Math.max(...inliers))
    const [along, across] = model.score(
      matrixOf([
        [1.5, 1.5],
        [1.5, -1.5],
      ]),
    )
    expect(along).toBeLessThan(6)
    expect(across).toBeGreaterThan(20 * along!)
  })

  it('is the squared distance of normal rows without outliers', () => {
    const { model } = learn(gaussianRows(3000, 3, 5))
    const [middle, two] = model.score(
      matrixOf([
        [0, 0, 0],
        [2, 0, 0],
      ]),
    )
    expect(middle).toBeLessThan(0.05)
    expect(two).toBeCloseTo(4, 0)
  })

  it('does not depend on the units of columns', () => {
    const data = contaminated(90)
    const other = {
      ...data,
      data: data.data.map((value, i) => (i % 2 === 0 ? value * 2 ** 70 + 2 ** 72 : value)),
    }
    const scores = learn(data).trainScores
    const others = learn(other).trainScores
    for (let i = 0; i < 90; i++) expect(others[i]! / scores[i]!).toBeCloseTo(1, 9)
  })

  it('takes the number of rows from support_fraction, and zero for the middle when told', () => {
    const data = contaminated(90)
    const tolerant = learn(data, { support_fraction: 1 }).trainScores
    expect(Math.max(...tolerant)).toBeLessThan(10)
    const shifted = gaussianRows(200, 2, 6)
    for (let i = 0; i < shifted.data.length; i++) shifted.data[i]! += 10
    const [centred] = learn(shifted, { assume_centered: true }).model.score(matrixOf([[0, 0]]))
    const [free] = learn(shifted).model.score(matrixOf([[0, 0]]))
    expect(centred).toBe(0)
    expect(free).toBeGreaterThan(100)
  })

  it('scores what leaves a line that most rows lie on', () => {
    const noise = gaussianRows(80, 1, 7).data
    const rows = Array.from(noise, (value, i) => [value, i % 4 === 0 ? value + 1 : 2 * value])
    const { trainScores } = learn(matrixOf(rows))
    for (let i = 0; i < 80; i++)
      if (Math.abs(rows[i]![1]! - 2 * rows[i]![0]!) > 0.01) expect(trainScores[i]).toBeGreaterThan(1e3)
      else if (i % 4 !== 0) expect(trainScores[i]).toBeLessThan(20)
    const constant = learn(matrixOf(Array.from({ length: 50 }, (_, i) => [i === 3 ? 8 : 7, i % 5])))
    expect(constant.trainScores.indexOf(Math.max(...constant.trainScores))).toBe(3)
  })

  it('finds the support of least determinant', () => {
    const rows = matrixOf([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [9, 9],
      [-8, 7],
    ])
    expect(Array.from(fastMcd(rows, 4, createRandom(2))).sort((a, b) => a - b)).toEqual([0, 1, 2, 3])
  })

  it('needs two rows', () => {
    expect(() => learn(gaussianRows(1, 2))).toThrow(/MCD needs at least 2 rows/)
  })
})

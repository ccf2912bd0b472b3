import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { kpca } from '../../../src/detectors/tabular/kpca.ts'
import { type DeterministicCase, largestError, readGolden, readGoldenSets } from '../golden.ts'
import { gaussianRows, matrixOf, rowOf } from '../samples.ts'

const learn = (data: Matrix, options: Record<string, unknown> = {}, seed = 1) =>
  kpca.fit(data, kpca.options.parse(options), { random: createRandom(seed) })

/** Rows near a circle, and one in its middle. */
const circle = (): Matrix =>
  matrixOf([
    ...Array.from({ length: 80 }, (_, i) => [2 * Math.cos(i * 0.8) + 0.01 * (i % 7), 2 * Math.sin(i * 0.8)]),
    [0, 0],
  ])

const golden = readGolden<{ readonly cases: readonly Pick<DeterministicCase, 'set' | 'options' | 'test'>[] }>(
  import.meta.url,
  'kpca',
)

describe('KPCA', () => {
  it.each(golden.cases)('of all components gives the scores of PyOD on $set with $options', (theirs) => {
    const { train, test } = readGoldenSets().get(theirs.set)!
    // Theirs come from eigenvectors of a matrix whose smallest eigenvalues are few digits long.
    expect(largestError(learn(train, theirs.options).model.score(test), theirs.test, 1)).toBeLessThan(1e-9)
  })

  it('is what principal components leave with the linear kernel', () => {
    const data = matrixOf([
      [-3, 1],
      [-1, -1],
      [1, -1],
      [3, 1],
    ])
    const { model, trainScores } = learn(data, { kernel: 'linear', n_components: 1 })
    for (const score of trainScores) expect(score).toBeCloseTo(1, 12)
    expect(
      Array.from(
        model.score(
          matrixOf([
            [100, 0.5],
            [0, 7],
          ]),
        ),
      ),
    ).toEqual([expect.closeTo(0.25, 9), expect.closeTo(49, 9)])
  })

  it('sees a hole that a plane does not', () => {
    const { trainScores } = learn(circle(), { n_components: 6 })
    expect(trainScores.indexOf(Math.max(...trainScores))).toBe(80)
  })

  it.each([3, 25, 40, 50])(
    'leaves a training row of %d out for its own score when all components are kept',
    (rows) => {
      const data = gaussianRows(rows, 2, 3)
      const { trainScores, model } = learn(data)
      for (const row of [0, rows >> 1, rows - 1]) {
        const others = matrixOf(
          Array.from({ length: rows }, (_, i) => [...rowOf(data, i).data]).filter((_, i) => i !== row),
        )
        expect(trainScores[row]).toBeCloseTo(
          learn(others, { gamma: 0.5 }).model.score(rowOf(data, row))[0]!,
          6,
        )
        expect(model.score(rowOf(data, row))[0]).toBe(trainScores[row])
      }
    },
  )

  it('finds nothing strange in rows that stand twice', () => {
    const data = gaussianRows(20, 2, 3)
    const doubled = matrixOf(Array.from({ length: 40 }, (_, i) => [...rowOf(data, i % 20).data]))
    for (const score of learn(doubled).trainScores) expect(score).toBeLessThan(1e-9)
  })

  it('does not see how long rows are with the cosine', () => {
    const data = circle()
    const longer = { ...data, data: data.data.map((value, i) => value * (1 + (i >> 1))) }
    const options = { kernel: 'cosine', n_components: 1 }
    expect(
      largestError(learn(longer, options).trainScores, learn(data, options).trainScores, 1),
    ).toBeLessThan(1e-12)
  })

  it('learns from a sample, and scores all rows', () => {
    const data = gaussianRows(300, 2, 4)
    const { trainScores, model } = learn(data, { sampling: true, subset_size: 0.1 })
    expect(trainScores).toHaveLength(300)
    expect((model.state.points as Matrix).rows).toBe(30)
    expect((learn(data, { sampling: true }).model.state.points as Matrix).rows).toBe(20)
    const seeded = learn(data, { sampling: true, random_state: 5 }, 1).trainScores
    expect(learn(data, { sampling: true, random_state: 5 }, 2).trainScores).toEqual(seeded)
    expect(() => learn(data, { sampling: true, subset_size: 301 })).toThrow(/cannot draw 301 of 300 rows/)
  })

  it('uses the selected components only, which must be among the kept', () => {
    const data = gaussianRows(60, 3, 5)
    const [few, selected] = [{ n_components: 4 }, { n_components: 9, n_selected_components: 4 }].map(
      (options) => learn(data, options).trainScores,
    )
    expect(largestError(selected!, few!, 1)).toBeLessThan(1e-12)
    expect(() => learn(data, { n_components: 3, n_selected_components: 4 })).toThrow(/cannot select 4 of 3/)
  })

  it('refuses axes that do not fit', () => {
    const { state } = learn(gaussianRows(10, 2), {}).model
    for (const damage of [{ axes: new Float64Array(54) }, { shape: 'rows' }, { means: new Float64Array(9) }])
      expect(() => kpca.restore({ ...state, ...damage })).toThrow(/not the state of a KPCA model/)
  })
})

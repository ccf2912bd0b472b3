import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { iforest } from '../../../src/detectors/tabular/iforest.ts'
import { readGolden } from '../golden.ts'
import { areaUnderCurve, gaussianRows, matrixOf, spearman } from '../samples.ts'

interface Golden {
  readonly columns: number
  readonly train: readonly number[]
  readonly labels: readonly number[]
  readonly cases: readonly {
    readonly options: Record<string, unknown>
    readonly auc: readonly number[]
    readonly scores: readonly (readonly number[])[]
  }[]
}

const { columns, train, labels, cases } = readGolden<Golden>(import.meta.url, 'iforest')
const data = { data: Float64Array.from(train), rows: train.length / columns, columns }
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const learn = (options: Record<string, unknown>, seed = 1) =>
  iforest.fit(data, iforest.options.parse(options), { random: createRandom(seed) })

describe.each(cases)('PyOD with $options, over 10 seeds', ({ options, auc, scores }) => {
  const ours = Array.from({ length: 10 }, (_, seed) => learn(options, seed).trainScores)

  it('separates outliers as well', () => {
    expect(Math.abs(mean(ours.map((run) => areaUnderCurve(run, labels))) - mean(auc))).toBeLessThan(0.02)
  })

  it('orders rows alike', () => {
    const correlations = ours.flatMap((run) => scores.map((theirs) => spearman(run, theirs)))
    // Two runs of PyOD with different seeds agree no better than this.
    const theirOwn = [
      spearman(scores[0]!, scores[1]!),
      spearman(scores[0]!, scores[2]!),
      spearman(scores[1]!, scores[2]!),
    ]
    expect(mean(correlations)).toBeGreaterThanOrEqual(Math.min(0.95, mean(theirOwn) - 0.01))
  })

  it('gives scores of the same size', () => {
    const average = (row: number, runs: readonly ArrayLike<number>[]) => mean(runs.map((run) => run[row]!))
    const differences = labels.map((_, row) => Math.abs(average(row, ours) - average(row, scores)))
    expect(mean(differences)).toBeLessThan(0.02)
  })
})

it('honours random_state over the given randomness', () => {
  expect(learn({ random_state: 7 }, 1).trainScores).toEqual(learn({ random_state: 7 }, 2).trainScores)
  expect(learn({ random_state: 7 }).trainScores).not.toEqual(learn({ random_state: 8 }).trainScores)
  expect(learn({}, 1).trainScores).not.toEqual(learn({}, 2).trainScores)
})

it('shifts scores so that the share of contamination lies above 0', () => {
  const { trainScores } = learn({ contamination: 0.2 })
  expect(trainScores.filter((score) => score > 0).length / trainScores.length).toBeCloseTo(0.2, 1)
})

it('never splits a column that it may not see', () => {
  const wide = gaussianRows(100, 10)
  const { model } = iforest.fit(wide, iforest.options.parse({ n_estimators: 1, max_features: 3 }), {
    random: createRandom(3),
  })
  const split = new Set(Array.from(model.state.column as Int16Array).filter((column) => column >= 0))
  expect(split.size).toBe(3)
})

it('one row, or none that differ, is no stranger than any other', () => {
  const one = iforest.fit(matrixOf([[1, 2]]), iforest.options.parse({}), { random: createRandom(1) })
  expect(Array.from(one.trainScores)).toEqual([0])
  expect(Array.from(one.model.score(matrixOf([[5, 5]])))).toEqual([0])
})

it('refuses a state whose walks would not end', () => {
  const { state } = learn({ n_estimators: 2 }).model
  const right = (state.right as Int32Array).map(() => 0)
  expect(() => iforest.restore({ ...state, right })).toThrow(
    expect.objectContaining({ code: 'MODEL_INVALID' }),
  )
  expect(() => iforest.restore({ ...state, roots: Int32Array.of(1e6) })).toThrow(
    /not the state of a IForest model/,
  )
})

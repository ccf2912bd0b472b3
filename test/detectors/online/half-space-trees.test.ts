import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { halfSpaceTrees, learnMasses } from '../../../src/detectors/online/half-space-trees.ts'
import { createMasses, drawHalfSpaces } from '../../../src/detectors/trees/half-spaces.ts'
import { readGolden } from '../golden.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data: ReturnType<typeof gaussianRows>, options: Record<string, unknown> = {}, seed = 1) =>
  halfSpaceTrees.fit(data, halfSpaceTrees.options.parse(options), { random: createRandom(seed) })

it('gives the scores of river with the trees of river', () => {
  const golden = readGolden<{
    trees: number
    height: number
    window: number
    columns: number[]
    thresholds: number[]
    rows: number[][]
    scores: number[]
  }>(import.meta.url, 'half-space-trees')
  const spaces = {
    trees: golden.trees,
    height: golden.height,
    column: Uint32Array.from(golden.columns),
    threshold: Float64Array.from(golden.thresholds),
  }
  const learner = learnMasses(spaces, { windowSize: golden.window })
  golden.rows.forEach((row, i) => {
    const data = Float64Array.from(row)
    if (i >= golden.window) expect(learner.score(data, 0), `row ${i}`).toBeCloseTo(golden.scores[i]!, 14)
    learner.learn(data, 0)
  })
})

describe('masses', () => {
  const spaces = {
    trees: 1,
    height: 2,
    column: Uint32Array.of(0, 0, 0),
    threshold: Float64Array.of(0, -1, 1),
  }
  const masses = createMasses(spaces)
  for (const value of [-2, -0.5, 0, 0.5, 3]) masses.add(Float64Array.of(value), 0)

  it('are counted on the way to the leaf', () => {
    expect([...masses.counts]).toEqual([5, 2, 3, 1, 1, 2, 1])
    expect(createMasses(spaces, masses.leaves()).counts).toEqual(masses.counts)
  })

  it('weigh twice as much on each level, until there are too few', () => {
    expect(masses.weigh(Float64Array.of(0.2), 0, 0)).toBe(5 + 2 * 3 + 4 * 2)
    expect(masses.weigh(Float64Array.of(-3), 0, 2.5)).toBe(5 + 2 * 2)
  })
})

it('draws half-spaces within the limits that those above leave', () => {
  const plan = { trees: 20, height: 3, random: createRandom(3) }
  const { column, threshold } = drawHalfSpaces({ low: Float64Array.of(10), high: Float64Array.of(20) }, plan)
  expect(column.every((chosen) => chosen === 0)).toBe(true)
  for (let tree = 0; tree < 20; tree++) {
    const [root, left, right] = threshold.subarray(tree * 7, tree * 7 + 3)
    expect(root).toBeGreaterThanOrEqual(11.5)
    expect(root).toBeLessThanOrEqual(18.5)
    expect(left).toBeLessThan(root!)
    expect(right).toBeGreaterThan(root!)
  }
})

it('compares with the last full window alone', () => {
  const { model } = learn(gaussianRows(200, 1), { window_size: 50 })
  const far = matrixOf([[3]])
  const before = model.score(far)[0]!
  // The rows of three make the next windows, once the one that has begun is full.
  model.partialFit!({ data: new Float64Array(50).fill(3), rows: 50, columns: 1 })
  expect(model.score(far)[0]!).toBeLessThan(before - 0.2)
  model.partialFit!(gaussianRows(50, 1, 9))
  expect(model.score(far)[0]!).toBeGreaterThan(0.9)
})

it('judges before the first window is full', () => {
  const { model, trainScores } = learn(gaussianRows(40, 2))
  expect(new Set(trainScores).size).toBeGreaterThan(10)
  expect(model.score(matrixOf([[9, 9]]))[0]).toBeGreaterThan(model.score(matrixOf([[0, 0]]))[0]!)
})

it('does not let one far value take the room of all others', () => {
  const rows = gaussianRows(300, 1)
  rows.data[7] = 1e9
  const { model } = learn(rows)
  expect(model.score(matrixOf([[5]]))[0]).toBeGreaterThan(model.score(matrixOf([[0]]))[0]! + 0.1)
})

it('refuses masses that do not fit together', () => {
  const { state } = learn(gaussianRows(300, 2), { n_trees: 3, height: 3 }).model
  const refused = (change: Record<string, unknown>) =>
    expect(() => halfSpaceTrees.restore({ ...state, ...change } as typeof state)).toThrow(/not the state/)
  const latest = (state.latest as Uint16Array).slice()
  latest[9]!++
  refused({ latest })
  refused({ latest: (state.latest as Uint16Array).subarray(1) })
  refused({ reference: new Uint16Array(24), latest: new Uint16Array(24) })
  refused({ low: state.high, high: state.low })
  refused({ height: 2.5 })
})

it('keeps its state small', () => {
  const { state } = learn(gaussianRows(600, 6)).model
  const bytes = Object.values(state).map((value) => (ArrayBuffer.isView(value) ? value.byteLength : 8))
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(64 * 1024)
})

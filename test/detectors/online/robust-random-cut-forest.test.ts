import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { robustRandomCutForest } from '../../../src/detectors/online/robust-random-cut-forest.ts'
import { createCutForest } from '../../../src/detectors/trees/random-cut-forest.ts'
import { readGolden } from '../golden.ts'
import { areaUnderCurve, gaussianRows, matrixOf, spearman } from '../samples.ts'

const learn = (data: ReturnType<typeof gaussianRows>, options: Record<string, unknown> = {}, seed = 1) =>
  robustRandomCutForest.fit(data, robustRandomCutForest.options.parse(options), {
    random: createRandom(seed),
  })

it('orders rows like rrcf and separates outliers as well', () => {
  const golden = readGolden<{
    trees: number
    size: number
    rows: number[][]
    labels: number[]
    scores: number[][]
  }>(import.meta.url, 'robust-random-cut-forest')
  const { trainScores } = learn(matrixOf(golden.rows), { num_trees: golden.trees, tree_size: golden.size })
  const labels = golden.labels.slice(golden.size)
  const ours = trainScores.slice(golden.size)
  const theirs = golden.scores.map((run) => run.slice(golden.size))
  const agreement = spearman(theirs[0]!, theirs[1]!)
  for (const run of theirs) {
    expect(spearman(ours, run)).toBeGreaterThan(Math.min(0.95, agreement))
    expect(Math.abs(areaUnderCurve(ours, labels) - areaUnderCurve(run, labels))).toBeLessThan(0.02)
    const level = (scores: ArrayLike<number>) => Array.from(scores).reduce((sum, score) => sum + score, 0)
    expect(Math.abs(level(ours) / level(run) - 1)).toBeLessThan(0.05)
  }
})

describe('trees', () => {
  const forest = (values: readonly number[], trees = 1, seed = 1) => {
    const made = createCutForest({ trees, size: 8, columns: 1 }, createRandom(seed))
    made.points.set(values)
    for (const slot of values.keys()) made.insert(slot)
    return made
  }

  it('displace all others for a point far away', () => {
    const made = forest([0, 1, 2, 3])
    expect(made.displacement(Float32Array.of(1e6), 0)).toBeCloseTo(4, 4)
  })

  it('give what inserting the point gives on average', () => {
    // Two points and a third at twice their distance: half of the cuts set it apart from both (2), the others from the nearer one (1).
    expect(forest([0, 1]).displacement(Float32Array.of(2), 0)).toBe(2 * 0.5 + 1 * 0.5)
    const trees = 4000
    const made = forest([0, 1, 5, 5.5, 7], trees)
    const expected = made.displacement(Float32Array.of(6), 0)
    made.points[5] = 6
    made.insert(5)
    expect(made.displacementOf(5)).toBeCloseTo(expected, 1)
  })

  it('count equal points in one leaf', () => {
    const made = forest([1, 1, 1, 4])
    // Three leave together, and the fourth alone.
    expect(made.displacementOf(0)).toBe(1 / 3)
    expect(made.displacementOf(3)).toBe(3)
    expect(made.displacement(Float32Array.of(1), 0)).toBe(1 / 4)
    made.remove(3)
    expect(made.displacementOf(0)).toBe(0)
    made.remove(1)
    expect(made.displacement(Float32Array.of(2), 0)).toBe(2)
  })

  it('are the same after all points have gone and come', () => {
    const made = forest([3, 1, 2], 5)
    for (const slot of [1, 0, 2]) made.remove(slot)
    expect(made.cuts().values).toHaveLength(0)
    expect(made.displacement(Float32Array.of(2), 0)).toBe(0)
    for (const slot of [1, 0, 2]) made.insert(slot)
    expect(made.cuts().values).toHaveLength(10)
  })

  it('part points that differ by the last bit', () => {
    const next = Math.fround(1 + 2 ** -23)
    const made = forest([1, next, Math.fround(1 - 2 ** -24)], 50)
    const { values } = made.cuts()
    expect(values.every((cut) => cut < next)).toBe(true)
    expect(made.displacementOf(1)).toBeGreaterThan(0)
  })
})

it('forgets what the window has lost', () => {
  const { model } = learn(gaussianRows(100, 2), { tree_size: 50 })
  const far = matrixOf([[8, 8]])
  expect(model.score(far)[0]).toBeGreaterThan(25)
  const moved = gaussianRows(50, 2, 3)
  model.partialFit!({ ...moved, data: moved.data.map((value) => value + 8) })
  expect(model.score(far)[0]).toBeLessThan(10)
  expect(model.score(matrixOf([[0, 0]]))[0]).toBeGreaterThan(25)
})

it('does not depend on the units of columns', () => {
  const rows = gaussianRows(120, 2)
  const other = { ...rows, data: rows.data.map((value, i) => (i % 2 === 0 ? value * 1024 : value)) }
  expect(learn(other).trainScores).toEqual(learn(rows).trainScores)
})

it('refuses cuts that do not fit to its points', () => {
  const { state } = learn(gaussianRows(60, 2), { num_trees: 2 }).model
  const refused = (change: Record<string, unknown>) =>
    expect(() => robustRandomCutForest.restore({ ...state, ...change } as typeof state)).toThrow(
      /not the state/,
    )
  const cuts = state.cuts as Float32Array
  refused({ cuts: cuts.map(() => 1e20) })
  refused({ cuts: cuts.subarray(1) })
  refused({ cut_columns: new Uint8Array(cuts.length).fill(2) })
  refused({ points: new Float32Array(3) })
  refused({ random: new Int32Array(3) })
  refused({ tree_size: 10 })
})

it('keeps its state small', () => {
  const { state } = learn(gaussianRows(600, 6)).model
  const bytes = Object.values(state).map((value) => (ArrayBuffer.isView(value) ? value.byteLength : 8))
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(64 * 1024)
})

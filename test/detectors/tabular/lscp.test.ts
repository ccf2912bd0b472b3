import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { competentMembers, correlationAmong } from '../../../src/detectors/ensembles/competence.ts'
import { localRegions } from '../../../src/detectors/ensembles/local-regions.ts'
import { findDetector } from '../../../src/detectors/index.ts'
import { lscp } from '../../../src/detectors/tabular/lscp.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const selection = lscp(findDetector)
const rows = gaussianRows(120, 4)
const list = ['KNN', { model_name: 'knn', model_params: { n_neighbors: 20 } }, 'HBOS']
const learn = (options = {}, seed = 1, data = rows) =>
  selection.fit(data, selection.options.parse({ detector_list: list, ...options }), {
    random: createRandom(seed),
  })
const faultsOf = (detector_list: unknown) =>
  selection.options
    .safeParse({ detector_list })
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

it('a region is the rows that are near in most subspaces', () => {
  // Two of three subspaces are the first column, in which rows 1 and 2 are near 0; in the second it is row 3.
  const training = matrixOf([
    [0, 0],
    [1, 50],
    [2, 60],
    [90, 1],
  ])
  const subspaces = [Int32Array.of(0), Int32Array.of(0), Int32Array.of(1)]
  const found: number[][] = []
  localRegions(training, { subspaces, neighbours: 2 }).ofTraining((_, region) =>
    found.push(Array.from(region.slice().sort())),
  )
  expect(found[0]).toEqual([1, 2])
  const near: number[][] = []
  localRegions(training, { subspaces, neighbours: 2 }).of(matrixOf([[0, 0]]), (_, region) =>
    near.push(Array.from(region.slice().sort())),
  )
  // A row that is no training row has row 0 beside it; more than one of three is two.
  expect(near[0]).toEqual([0, 1])
  // Nothing is near in both of two subspaces: whatever is near in one counts.
  const all: number[][] = []
  const two = { subspaces: subspaces.slice(1), neighbours: 2 }
  localRegions(training, two).ofTraining((_, region) => all.push([...region]))
  expect(all[0]!.length).toBeGreaterThan(1)
})

it('correlation is of the region alone', () => {
  const [a, b] = [Float64Array.of(1, 2, 3, 50), Float64Array.of(2, 4, 6, -9)]
  expect(correlationAmong(a, b, Int32Array.of(0, 1, 2))).toBeCloseTo(1, 12)
  expect(correlationAmong(a, b, Int32Array.of(0, 1, 2, 3))).toBeLessThan(0)
  expect(correlationAmong(Float64Array.of(1, 1, 1), b, Int32Array.of(0, 1, 2))).toBe(0)
})

it('competent are those in the fullest bins', () => {
  expect(competentMembers(Float64Array.of(0.9, 0.91, 0.2, 0.95), 10)).toEqual([0, 1, 3])
  expect(competentMembers(Float64Array.of(0, 1), 10)).toEqual([0, 1])
  expect(competentMembers(Float64Array.of(0.5, 0.5, 0.5), 10)).toEqual([0, 1, 2])
})

it('is the mean of standardised scores where one detector stands twice', () => {
  const { model, trainScores } = learn({ detector_list: ['KNN', 'KNN'] })
  expect(trainScores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(0, 9)
  expect(trainScores.reduce((sum, score) => sum + score * score, 0) / 120).toBeCloseTo(1, 9)
  const [usual, odd] = model.score(matrixOf([Array(4).fill(0), Array(4).fill(9)]))
  expect(usual).toBeLessThan(0)
  expect(odd).toBeGreaterThan(5)
})

it('has LOF with several numbers of neighbours unless told otherwise', () => {
  const { state } = selection.fit(rows, selection.options.parse({}), { random: createRandom(1) }).model
  expect([0, 1, 2, 3].map((i) => state[String(i)])).toEqual(['LOF', 'LOF', 'LOF', 'LOF'])
})

it('the subspaces and what is selected by them depend on the options', () => {
  const counts = (options: object) => learn(options).model.state.counts as Int32Array
  expect(new Set(counts({}))).toEqual(new Set([2, 3]))
  expect(new Set(counts({ local_max_features: 0.75 }))).toEqual(new Set([2]))
  expect(learn({ local_region_size: 10 }).trainScores).not.toEqual(learn().trainScores)
  expect(learn({ n_bins: 1 }).trainScores).not.toEqual(learn().trainScores)
})

it('honours random_state over the given randomness', () => {
  expect(learn({ random_state: 7 }, 1).trainScores).toEqual(learn({ random_state: 7 }, 2).trainScores)
  expect(learn({ random_state: 7 }).model.state).not.toEqual(learn({ random_state: 8 }).model.state)
})

it('says where its list is wrong', () => {
  expect(faultsOf(['KNN'])).toHaveLength(1)
  expect(faultsOf(['KNN', 'NoSuch'])).toEqual(['detector_list.1: there is no detector "NoSuch"'])
  expect(faultsOf(['KNN', { model_name: 'NoSuch' }])).toEqual([
    'detector_list.1.model_name: there is no detector "NoSuch"',
  ])
  expect(faultsOf(['KNN', { model_name: 'KNN', model_params: { n_neighbors: 0 } }])?.[0]).toMatch(
    /^detector_list\.1\.model_params\.n_neighbors: KNN: /,
  )
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn().model
  for (const damage of [{ neighbours: 500 }, { standard: new Float64Array(3) }, { bins: 0 }, { 2: 'NoSuch' }])
    expect(() => selection.restore({ ...state, ...damage })).toThrow(/not the state of a LSCP model/)
})

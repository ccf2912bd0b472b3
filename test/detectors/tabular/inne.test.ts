import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { inne } from '../../../src/detectors/tabular/inne.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const learn = (data = gaussianRows(200, 3), options = {}, seed = 1) =>
  inne.fit(data, inne.options.parse(options), { random: createRandom(seed) })
const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))

// Every set draws all rows. Squared radii: 1, 1 and 9, whose neighbour has 1.
const three = column([0, 1, 4])

it('is as isolated as the smallest sphere that covers a row', () => {
  const { model, trainScores } = learn(three, { n_estimators: 3 })
  expect(Array.from(trainScores)).toEqual([0, 0, expect.closeTo(8 / 9, 12)])
  // Covered by the sphere of 1, by that of 4 from edge to edge, by none.
  const scores = Array.from(model.score(column([1.9, 3, 7, 7.1, -1.5, 1e300])))
  expect(scores).toEqual([0, expect.closeTo(8 / 9, 12), expect.closeTo(8 / 9, 12), 1, 1, 1])
})

it('takes max_samples as a number or a share, two at least and all at most', () => {
  for (const [max_samples, spheres] of [
    ['auto', 8],
    [20, 20],
    [0.25, 50],
    [0.001, 2],
    [1, 200],
    [1000, 200],
  ] as const)
    expect(learn(undefined, { max_samples, n_estimators: 2 }).model.state.samples).toBe(spheres)
  for (const max_samples of [0, 1.5, -3, 'all'])
    expect(inne.options.safeParse({ max_samples }).success).toBe(false)
})

it('equal rows have spheres without extent, which cover those that equal them', () => {
  const { model, trainScores } = learn(column([5, 5, 5, 5]))
  expect(Array.from(trainScores)).toEqual([0, 0, 0, 0])
  expect(Array.from(model.score(column([5, 5.001])))).toEqual([0, 1])
})

it('does not change with the unit of the data', () => {
  const rows = gaussianRows(100, 3)
  for (const unit of [2 ** -900, 2 ** 900])
    expect(learn({ ...rows, data: rows.data.map((value) => value * unit) }).trainScores).toEqual(
      learn(rows).trainScores,
    )
})

it('honours random_state over the given randomness', () => {
  const scores = (options: object, seed: number) => learn(undefined, options, seed).trainScores
  expect(scores({ random_state: 7 }, 1)).toEqual(scores({ random_state: 7 }, 2))
  expect(scores({ random_state: 7 }, 1)).not.toEqual(scores({ random_state: 8 }, 1))
  expect(scores({}, 1)).not.toEqual(scores({}, 2))
})

it('refuses a state whose arrays do not fit together', () => {
  const { state } = learn().model
  for (const damage of [
    { samples: 7 },
    { samples: 0.5 },
    { radii: Float64Array.of(1) },
    { origin: Float64Array.of(1) },
  ])
    expect(() => inne.restore({ ...state, ...damage })).toThrow(/not the state of a INNE model/)
})

import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { copod } from '../../../src/detectors/tabular/copod.ts'
import { ecod } from '../../../src/detectors/tabular/ecod.ts'
import { matrixOf } from '../samples.ts'

const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const learn = (detector: typeof ecod, values: readonly number[], options = {}) =>
  detector.fit(column(values), detector.options.parse(options), { random: createRandom(1) })
const logs = (...shares: readonly number[]) => shares.map((share) => expect.closeTo(-Math.log(share), 12))

// Three of five values are at most 2, four at least 2; the long side is the right one.
const skewed = [1, 2, 2, 3, 9]

it('ECOD takes the thinner tail, COPOD the long one or the mean of both', () => {
  expect(Array.from(learn(ecod, skewed).trainScores)).toEqual(logs(1 / 5, 3 / 5, 3 / 5, 2 / 5, 1 / 5))
  const both = [Math.sqrt(1 / 5), Math.sqrt(12 / 25), Math.sqrt(12 / 25), 2 / 5, 1 / 5]
  expect(Array.from(learn(copod, skewed).trainScores)).toEqual(logs(...both))
  expect(Array.from(learn(copod, [-9, -3, -2, -2, -1]).trainScores).reverse()).toEqual(logs(...both))
})

it('without skewness both tails count', () => {
  for (const detector of [ecod, copod])
    expect(Array.from(learn(detector, [1, 2, 3]).trainScores)).toEqual(logs(1 / 3, 4 / 9, 1 / 3))
})

it('a new row is compared with the training rows alone', () => {
  const { model, trainScores } = learn(ecod, skewed)
  expect(model.score(column(skewed))).toEqual(trainScores)
  // Beyond all of them a value is stranger than any of them, and how far does not matter.
  expect(Array.from(model.score(column([0, 2.5, 10, 1e300])))).toEqual(logs(1 / 6, 2 / 5, 1 / 6, 1 / 6))
})

it('or with itself too, as in PyOD', () => {
  const { model, trainScores } = learn(ecod, skewed, { reference: 'pyod' })
  expect(Array.from(trainScores)).toEqual(Array.from(learn(ecod, skewed).trainScores))
  expect(Array.from(model.score(column([2, 2.5, 10])))).toEqual(logs(4 / 6, 3 / 6, 1 / 6))
  // The value itself turns the skewness round: the left side is the long one then.
  expect(Array.from(learn(copod, skewed, { reference: 'pyod' }).model.score(column([-100])))).toEqual(
    logs(1 / 6),
  )
})

it('explains a score by what each column adds', () => {
  const training = matrixOf([
    [1, 5],
    [2, 5],
    [3, 6],
  ])
  const { model } = ecod.fit(training, ecod.options.parse({}), { random: createRandom(1) })
  const shares = model.explain!(matrixOf([[3, 5.5]]))
  expect(Array.from(shares)).toEqual(logs(1 / 3, 1 / 3))
  expect(model.score(matrixOf([[3, 5.5]]))[0]).toBe(shares[0]! + shares[1]!)
})

it('refuses a state without rows', () => {
  const { state } = learn(ecod, skewed).model
  for (const training of [column([]), { data: new Float64Array(0), rows: 2, columns: 0 }])
    expect(() => ecod.restore({ ...state, training })).toThrow(/not the state of a ECOD model/)
})

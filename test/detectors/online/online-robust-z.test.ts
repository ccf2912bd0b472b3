import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { onlineRobustZ } from '../../../src/detectors/online/online-robust-z.ts'
import { mad } from '../../../src/detectors/tabular/mad.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const learn = (values: readonly number[], options: Record<string, unknown> = {}) =>
  onlineRobustZ.fit(column(values), onlineRobustZ.options.parse(options), { random: createRandom(1) })

it('judges one column only, and says how to get it', () => {
  expect(() =>
    onlineRobustZ.fit(gaussianRows(20, 6), onlineRobustZ.options.parse({}), { random: createRandom(1) }),
  ).toThrow(/lags_n: 0/)
})

it('gives the modified z-score of MAD over the last values', () => {
  const values = [...gaussianRows(80, 1).data]
  const { model } = learn(values, { window_size: 50 })
  const usual = mad.fit(column(values.slice(30)), mad.options.parse({}), { random: createRandom(1) })
  const queries = column([-3, 0, 0.4, 7])
  const [ours, theirs] = [model.score(queries), usual.model.score(queries)]
  for (const [i, score] of ours.entries()) expect(score).toBeCloseTo(theirs[i]!, 12)
})

it('judges each row by those before it, and the first thirty together', () => {
  const values = [...gaussianRows(60, 1).data]
  const { trainScores } = learn(values)
  const first = learn(values.slice(0, 30)).model.score(column(values.slice(0, 30)))
  expect(trainScores.subarray(0, 30)).toEqual(first)
  expect(trainScores[45]).toBe(learn(values.slice(0, 45)).model.score(column([values[45]!]))[0])
})

it('is at home on another level after half a window, not before', () => {
  const { model } = learn([...gaussianRows(100, 1).data], { window_size: 40 })
  const moved = [...gaussianRows(40, 1, 3).data].map((value) => value + 20)
  model.partialFit!(column(moved.slice(0, 15)))
  expect(model.score(column([20]))[0]).toBeGreaterThan(5)
  model.partialFit!(column(moved.slice(15)))
  expect(model.score(column([20]))[0]).toBeLessThan(1)
})

it('learns nothing from rows that it refuses', () => {
  const { model } = learn([1, 2, 3])
  const before = model.state
  expect(() => model.partialFit!(column([4, Number.NaN]))).toThrow(/not finite/)
  expect(() => model.partialFit!(gaussianRows(2, 2))).toThrow(/1 columns/)
  expect(model.state).toEqual(before)
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { mad } from '../../../src/detectors/tabular/mad.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const learn = (values: readonly number[]) =>
  mad.fit(column(values), mad.options.parse({}), { random: createRandom(1) })

it('judges one column only, and says how to get it', () => {
  expect(() => mad.fit(gaussianRows(20, 6), mad.options.parse({}), { random: createRandom(1) })).toThrow(
    /lags_n: 0/,
  )
})

it('gives its threshold', () => {
  expect(learn([1, 2, 3]).threshold).toBe(3.5)
})

describe('bugs of the original', () => {
  it('3.5: a history that is mostly one value does not make every other value infinite', () => {
    const { model, trainScores } = learn([
      ...Array.from({ length: 90 }, () => 5),
      ...Array.from({ length: 10 }, () => 6),
    ])
    expect(trainScores[0]).toBe(0)
    expect(trainScores[99]).toBeCloseTo(1 / (1.253314 * 0.1), 10)
    expect(model.score(column([5, 6, 30]))[2]).toBeGreaterThan(100)
  })

  it('3.5: a constant history tolerates a small change and not a large one', () => {
    const [same, small, large] = learn([200, 200, 200, 200]).model.score(column([200, 202, 300]))
    expect(same).toBe(0)
    expect(small).toBeLessThan(3.5)
    expect(large).toBeGreaterThan(3.5)
    expect(learn([0, 0, 0]).model.score(column([1]))[0]).toBeGreaterThan(3.5)
  })
})

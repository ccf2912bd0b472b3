import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { onlineHoltWinters } from '../../../src/detectors/online/online-holt-winters.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const column = (values: readonly number[]) => matrixOf(values.map((value) => [value]))
const learn = (values: readonly number[], options: Record<string, unknown> = {}) =>
  onlineHoltWinters.fit(column(values), onlineHoltWinters.options.parse(options), { random: createRandom(1) })
const noise = (count: number, seed = 1) => [...gaussianRows(count, 1, seed).data]

it('smooths level, trend and season as Winters does', () => {
  const values = noise(40).map((value, i) => value + i / 2 + [0, 5, -5, 1][i % 4]!)
  // A clip that nothing reaches.
  const options = { alpha: 0.3, beta: 0.2, gamma: 0.4, period: 4, clip: 1e9 }
  const start = learn(values.slice(0, 8), options).model.state
  let level = Number(start.level)
  let trend = Number(start.trend)
  const season = [...(start.season as Float64Array)]
  for (const value of values.slice(8)) {
    const now = season.shift()!
    const before = level
    level = 0.3 * (value - now) + 0.7 * (level + trend)
    trend = 0.2 * (level - before) + 0.8 * trend
    season.push(0.4 * (value - level) + 0.6 * now)
  }
  const { state } = learn(values, options).model
  expect(state.level).toBeCloseTo(level, 10)
  expect(state.trend).toBeCloseTo(trend, 10)
  for (const [i, value] of (state.season as Float64Array).entries()) expect(value).toBeCloseTo(season[i]!, 10)
})

it('foretells a line and a season that repeat', () => {
  const series = (i: number) => 100 + 3 * i + [10, -20, 30, 0, 5][i % 5]!
  const { model, trainScores } = learn(
    Array.from({ length: 50 }, (_, i) => series(i)),
    { period: 5 },
  )
  expect(Math.max(...trainScores)).toBeLessThan(1)
  const [next, other] = model.score(column([series(50), series(51)]))
  expect(next).toBeLessThan(1)
  expect(other).toBeGreaterThan(10)
})

it('judges a row as the next one, whatever else is asked', () => {
  const { model } = learn(noise(60))
  const [first, again] = model.score(column([2, 2]))
  expect(again).toBe(first)
})

it('needs two seasons', () => {
  expect(() => learn(noise(27), { period: 14 })).toThrow(/at least 28 rows/)
  expect(() => learn(noise(28), { period: 14 })).not.toThrow()
})

describe('clip', () => {
  const spoiled = noise(60)
  spoiled[59] = 1000
  it('keeps an outlier from moving the forecast', () => {
    expect(Math.abs(Number(learn(spoiled).model.state.level))).toBeLessThan(2)
    expect(Math.abs(Number(learn(spoiled, { clip: 1e6 }).model.state.level))).toBeGreaterThan(50)
  })

  it('does not keep it from a lasting change', () => {
    const { model } = learn([...noise(100), ...noise(120, 2).map((value) => value + 50)])
    expect(model.score(column([50]))[0]).toBeLessThan(3)
  })
})

it('starts from what most of the first values say', () => {
  const line = Array.from({ length: 24 }, (_, i) => 2 * i + 7)
  line[3] = 500
  line[20] = -500
  const { model } = learn(line, { beta: 0 })
  expect(model.state.trend).toBe(2)
})

it('refuses a state that cannot be', () => {
  const { state } = learn(noise(60), { period: 6 }).model
  const refused = (change: Record<string, unknown>) =>
    expect(() => onlineHoltWinters.restore({ ...state, ...change } as typeof state)).toThrow(/not the state/)
  refused({ alpha: 2 })
  refused({ errors: new Float64Array(101) })
  refused({ errors: Float64Array.of(-1) })
  refused({ season: Float64Array.of(Number.NaN, 1) })
  refused({ window_size: 10.5 })
})

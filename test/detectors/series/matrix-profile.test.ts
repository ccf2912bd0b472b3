import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import type { Matrix } from '../../../src/detectors/detector.ts'
import { matrixProfile } from '../../../src/detectors/series/matrix-profile.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { gauss, gaussianRows } from '../samples.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const WINDOW = 12
const learn = (data: Matrix, window_size = WINDOW) =>
  matrixProfile.fit(data, matrixProfile.options.parse({ window_size }), { random: createRandom(1) })

/** The same by its definition: every pair, without any of the tricks. */
function profileOf(data: Matrix, allowed: (i: number, j: number) => boolean): number[] {
  const rows = Array.from({ length: data.rows }, (_, i) => {
    const row = [...data.data.subarray(i * data.columns, (i + 1) * data.columns)]
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length
    const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length)
    return row.map((value) => (deviation > 0 ? (value - mean) / deviation : 0))
  })
  return rows.map((row, i) =>
    rows.reduce(
      (least, other, j) =>
        allowed(i, j) ? Math.min(least, Math.hypot(...row.map((value, k) => value - other[k]!))) : least,
      Number.POSITIVE_INFINITY,
    ),
  )
}

const expectClose = (ours: Float64Array, expected: readonly number[]) =>
  ours.forEach((score, i) => {
    expect(score, `window ${i}`).toBeCloseTo(expected[i]!, 9)
  })

const apart = (i: number, j: number) => Math.abs(i - j) > WINDOW / 4

it('is the nearest distance of every pair but near ones', () => {
  const windows = slidingWindows(seasonalSeries(150), WINDOW)
  expectClose(learn(windows).trainScores, profileOf(windows, apart))
})

it('keeps its digits after a value many times larger than all others', () => {
  const series = seasonalSeries(150).map((value, t) => (t === 60 ? 1e12 : value))
  const windows = slidingWindows(series, WINDOW)
  expectClose(learn(windows).trainScores.subarray(70), profileOf(windows, apart).slice(70))
})

it('takes windows on both sides of a gap for strangers', () => {
  const first = slidingWindows(seasonalSeries(40, 1), WINDOW)
  const second = slidingWindows(seasonalSeries(40, 2), WINDOW)
  const data = Float64Array.of(...first.data, ...second.data)
  const windows = { data, rows: first.rows + second.rows, columns: WINDOW }
  const run = (i: number) => (i < first.rows ? 0 : 1)
  expectClose(
    learn(windows).trainScores,
    profileOf(windows, (i, j) => run(i) !== run(j) || apart(i, j)),
  )
})

it('compares windows that are no neighbours in time with all but themselves', () => {
  const windows = gaussianRows(60, WINDOW)
  expectClose(
    learn(windows).trainScores,
    profileOf(windows, (i, j) => i !== j),
  )
})

describe('a new window', () => {
  const series = seasonalSeries(200)
  const training = slidingWindows(series.subarray(0, 150), WINDOW)
  const { model, trainScores } = learn(training)

  it('has the score of training when it is one of training', () => {
    const replayed = model.score(training)
    expectClose(replayed, [...trainScores])
  })

  it('does not match those that it overlaps with', () => {
    const all = slidingWindows(series, WINDOW)
    const next = {
      ...all,
      data: all.data.slice(training.data.length, training.data.length + WINDOW),
      rows: 1,
    }
    const among = profileOf(
      { ...all, data: all.data.slice(0, training.data.length + WINDOW), rows: training.rows + 1 },
      apart,
    )
    expect(model.score(next)[0]).toBeCloseTo(among.at(-1)!, 9)
  })

  it('is compared with all others, whatever came before it', () => {
    const random = createRandom(4)
    const query = Float64Array.from({ length: WINDOW }, () => gauss(random))
    const both = {
      data: Float64Array.of(...query, ...training.data),
      rows: training.rows + 1,
      columns: WINDOW,
    }
    const expected = profileOf(both, (i, j) => i !== j)[0]!
    expect(model.score({ data: query, rows: 1, columns: WINDOW })[0]).toBeCloseTo(expected, 9)
  })
})

describe('windows without variance', () => {
  it('are no distance from each other and √w from all others', () => {
    const flat = slidingWindows(
      seasonalSeries(120).map((value, t) => ((t >= 20 && t < 40) || (t >= 70 && t < 90) ? 5 : value)),
      WINDOW,
    )
    const { model, trainScores } = learn(flat)
    expect(trainScores[22]).toBe(0)
    expect(model.score({ data: new Float64Array(WINDOW).fill(77), rows: 1, columns: WINDOW })[0]).toBe(0)
    const varied = learn(slidingWindows(seasonalSeries(120), WINDOW)).model
    expect(varied.score({ data: new Float64Array(WINDOW), rows: 1, columns: WINDOW })[0]).toBeCloseTo(
      Math.sqrt(WINDOW),
      12,
    )
  })
})

it('keeps the series and not its windows', () => {
  const { state } = learn(slidingWindows(seasonalSeries(500), WINDOW)).model
  expect(state.values).toHaveLength(500)
})

it('refuses rows of another width than its windows', () => {
  expect(() => learn(gaussianRows(60, 6))).toThrow(/windows of 12 values and was given rows of 6/)
})

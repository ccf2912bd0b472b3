import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { auto } from '../../../src/detectors/auto/auto.ts'
import type { Fitted, Matrix } from '../../../src/detectors/detector.ts'
import { gaussianRows } from '../samples.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2025, 2, 3)

function timed(values: ArrayLike<number>, step = DAY, start = START): Matrix {
  const data = new Float64Array(values.length * 2)
  for (let row = 0; row < values.length; row++) data.set([start + row * step, values[row]!], row * 2)
  return { data, rows: values.length, columns: 2 }
}

const part = ({ data, columns }: Matrix, from: number, to: number): Matrix => ({
  data: data.slice(from * columns, to * columns),
  rows: to - from,
  columns,
})

const learn = (data: Matrix, options: Partial<Parameters<typeof auto.fit>[1]> = {}): Fitted =>
  auto.fit(data, { ...auto.options.parse({}), ...options }, { random: createRandom(1) })

/** Rows judged one after the other, each learned right after. */
function judgeAll(data: Matrix, after: number, options: Partial<Parameters<typeof auto.fit>[1]> = {}) {
  const { model } = learn(part(data, 0, after), options)
  const judged = []
  for (let row = after; row < data.rows; row++) {
    const one = part(data, row, row + 1)
    const verdicts = model.verdicts!(one)
    judged.push({
      row,
      value: one.data[1]!,
      score: model.score(one)[0]!,
      begins: verdicts.begins[0] === 1,
      reached: verdicts.strangeness[0]! >= verdicts.levels[0]!,
      expected: verdicts.expected[0]!,
      lower: verdicts.lower[0]!,
      upper: verdicts.upper[0]!,
      reason: verdicts.reason(0),
    })
    model.partialFit!(one)
  }
  return judged
}

const gaussian = (count: number, seed: number) => gaussianRows(count, 1, seed).data
const noise = (count: number, seed = 1) => gaussian(count, seed).map((value) => 100 + 5 * value)
const alertsOf = (judged: ReturnType<typeof judgeAll>) =>
  judged.filter(({ begins }) => begins).map(({ row }) => row)

describe('auto', () => {
  it.each([
    ['a spike', 1, (value: number) => value + 40],
    ['a dip', 1, (value: number) => value - 40],
    ['a shift', 30, (value: number) => value + 25],
    ['silence', 30, () => 0],
    ['louder noise', 30, (value: number, i: number) => value + (i % 2 === 0 ? 30 : -30)],
    ['a standstill', 30, (_: number, __: number, held: number) => held],
  ] as const)('alerts on %s where it begins', (_, length, change) => {
    const values = noise(200)
    for (let i = 0; i < length; i++) values[150 + i] = change(values[150 + i]!, i, values[149]!)
    const [first] = alertsOf(judgeAll(timed(values), 100))
    expect(first).toBeGreaterThanOrEqual(150)
    expect(first).toBeLessThanOrEqual(158)
  })

  it('finds that a series goes away from where it was, step by small step, where alerts are wanted seldom', () => {
    const values = Float64Array.from(gaussian(400, 11), (value) => 100 + 5 * value)
    for (let i = 0; i < 60; i++) values[340 + i]! += Math.min(30, 1.5 * i)
    const judged = judgeAll(timed(values, HOUR), 100, { alerts_per_week: 0.25 })
    const [first] = alertsOf(judged).filter((row) => row >= 340)
    expect(first).toBeLessThan(360)
    expect(judged.some(({ reason }) => reason.includes('going away from what is usual'))).toBe(true)
  })

  it('finds a weekday that is like another', () => {
    const weekly = [100, 102, 101, 103, 110, 40, 35]
    const values = Float64Array.from(gaussian(140, 3), (value, day) => weekly[day % 7]! + value)
    // A Saturday like a Monday, a value as any other.
    values[117] = 100
    const judged = judgeAll(timed(values), 60)
    expect(alertsOf(judged)).toEqual([117])
    expect(judged.find(({ row }) => row === 117)?.reason).toMatch(
      /^is 100 where 4\d(\.\d+)? is expected for this weekday, \d+\.\d times the usual difference above it/,
    )
  })

  it('finds a day without its usual rise', () => {
    const daily = (row: number) => (row % 288 > 96 && row % 288 < 216 ? 80 : 20)
    const values = Float64Array.from(gaussian(12 * 288, 5), (value, row) => daily(row) + value)
    for (let row = 10 * 288 + 90; row < 11 * 288; row++) values[row] = 20 + (values[row]! - daily(row))
    const alerts = alertsOf(judgeAll(timed(values, 5 * MINUTE), 600))
    expect(alerts.some((row) => row >= 10 * 288 + 96 && row < 10 * 288 + 216)).toBe(true)
    expect(alerts.filter((row) => row < 10 * 288).length).toBeLessThanOrEqual(1)
  })

  it('goes by the clocks of its time zone through the end of summer time', () => {
    // Open from 9 to 17 by the clocks of Berlin, on all days.
    const start = Date.UTC(2025, 8, 29)
    const open = (row: number) => {
      const local = new Date(
        start + row * HOUR + (row * HOUR + start < Date.UTC(2025, 9, 26, 1) ? 2 : 1) * HOUR,
      )
      return local.getUTCHours() >= 9 && local.getUTCHours() < 17
    }
    const values = Float64Array.from(gaussian(24 * 40, 7), (value, row) => (open(row) ? 200 : 50) + 3 * value)
    const afterChange = (timeZone: string) =>
      judgeAll(timed(values, HOUR, start), 24 * 14, { time_zone: timeZone })
        .filter(({ row }) => row >= 24 * 27 && row < 24 * 29)
        .reduce((sum, { value, expected }) => sum + Math.abs(value - expected), 0)
    expect(afterChange('Europe/Berlin')).toBeLessThan(0.8 * afterChange('UTC'))
  })

  it('says in its score how many usual points are less strange', () => {
    const scores = judgeAll(timed(noise(4000, 9)), 2000).map(({ score }) => score)
    for (const share of [0.5, 0.9, 0.99]) {
      const above = scores.filter((score) => score >= share).length / scores.length
      expect(above).toBeGreaterThan((1 - share) * 0.6)
      expect(above).toBeLessThan((1 - share) * 1.5)
    }
  })

  it('is silent in the first points of noise', () => {
    let alerting = 0
    for (let seed = 1; seed <= 200; seed++)
      if (alertsOf(judgeAll(timed(noise(50, seed)), 8)).length > 0) alerting++
    expect(alerting).toBeLessThanOrEqual(2)
  })

  it.each([
    ['begins with the same value twice', () => noise(100).fill(100, 0, 2)],
    ['mostly stands still', () => noise(100).map((value, i) => (i % 20 === 0 ? value : 100))],
  ] as const)('sees how far a value is from what is usual of a series that %s', (_, create) => {
    const values = create()
    values[90] = 200
    const judged = judgeAll(timed(values), 60)
    expect(judged.find(({ row }) => row === 90)).toMatchObject({
      reached: true,
      reason: expect.stringMatching(/ \d{2,3}\.\d times the usual difference above it/),
    })
  })

  it('keeps to the number of alerts that is wanted', () => {
    let alerts = 0
    for (let seed = 1; seed <= 10; seed++)
      alerts += alertsOf(judgeAll(timed(noise(400, seed)), 14, { alerts_per_week: 0.25 })).length
    const wanted = (10 * 386) / 28
    expect(alerts).toBeGreaterThan(0.7 * wanted)
    expect(alerts).toBeLessThan(1.3 * wanted)
  })

  it('goes by what people said of its alerts', () => {
    const data = timed(noise(300, 23))
    const levelAfter = (feedback?: { readonly confirmed: number; readonly rejected: number }) =>
      auto.fit(data, auto.options.parse({}), { random: createRandom(1), feedback }).model.verdicts!(
        part(data, 299, 300),
      ).levels[0]!
    const usual = levelAfter()
    expect(levelAfter({ confirmed: 0, rejected: 0 })).toBe(usual)
    // Being stricter it has alerted less, which lowers the level again.
    expect(levelAfter({ confirmed: 0, rejected: 2 })).toBeGreaterThan(usual + 0.2)
    expect(levelAfter({ confirmed: 0, rejected: 1000 })).toBeLessThan(usual + 1.5 + 1e-9)
    expect(levelAfter({ confirmed: 0, rejected: 1000 })).toBeGreaterThan(
      levelAfter({ confirmed: 0, rejected: 2 }),
    )
    expect(levelAfter({ confirmed: 3, rejected: 0 })).not.toBe(usual)
  })

  it('gets used to a new level', () => {
    const values = noise(400, 11)
    for (let row = 200; row < 400; row++) values[row]! += 60
    const alerts = alertsOf(judgeAll(timed(values), 100))
    expect(alerts).toContain(200)
    expect(alerts.filter((row) => row > 230).length).toBeLessThanOrEqual(1)
  })

  it('draws a band that a value is outside of exactly when it reaches the level', () => {
    const values = noise(600, 13)
    for (const row of [150, 151, 152, 300, 450]) values[row]! += 50
    const judged = judgeAll(timed(values), 50)
    expect(judged.some(({ reached }) => reached)).toBe(true)
    for (const { value, lower, upper, expected, reached } of judged) {
      expect(value < lower || value > upper).toBe(reached)
      expect(lower).toBeLessThanOrEqual(expected)
      expect(upper).toBeGreaterThanOrEqual(expected)
    }
  })

  it('never alerts on a series that does not move, and does once it moves', () => {
    const values = new Float64Array(100).fill(5)
    values[80] = 6
    expect(alertsOf(judgeAll(timed(values), 20))).toEqual([80])
  })

  it('knows less of a series with gaps, and goes on', () => {
    const values = noise(300, 15)
    const data = timed(values)
    for (let row = 150; row < 300; row++) data.data[row * 2]! += 20 * DAY
    expect(alertsOf(judgeAll(data, 100)).length).toBeLessThanOrEqual(1)
  })

  it.each([1, 8, 13, 257, 900, 9300])(
    'restored after %i points gives the same verdicts bit for bit',
    (count) => {
      const values = Float64Array.from(noise(count + 300, 17), (value, i) => value + 20 * Math.sin(i / 40))
      const data = timed(values, 5 * MINUTE)
      const { model } = learn(part(data, 0, Math.max(2, count)))
      const state = structuredClone(model.state)
      const restored = auto.restore(state)
      for (let row = Math.max(2, count); row < count + 300; row++) {
        const one = part(data, row, row + 1)
        expect(restored.score(one)).toEqual(model.score(one))
        expect(restored.verdicts!(one).strangeness).toEqual(model.verdicts!(one).strangeness)
        model.partialFit!(one)
        restored.partialFit!(one)
      }
      expect(restored.state).toEqual(model.state)
    },
  )

  it.each([
    ['5 minutes', 5 * MINUTE, {}],
    ['an hour, with a budget', HOUR, { alerts_per_week: 1 }],
  ])('is a small state, whatever the length of the series: %s', (_, step, options) => {
    const { model } = learn(timed(noise(12_000, 19), step), options)
    const bytes = Object.values(model.state).reduce<number>(
      (sum, part) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 8),
      0,
    )
    expect(bytes).toBeLessThanOrEqual(64 * 1024)
  })

  it('judging changes nothing, and each point by what came before', () => {
    const data = timed(noise(400, 21))
    const { model } = learn(part(data, 0, 300))
    const before = structuredClone(model.state)
    const together = model.score(part(data, 300, 400))
    expect(model.state).toEqual(before)
    expect(model.score(part(data, 350, 351))[0]).toBe(together[50])
  })

  it('copes with whatever numbers there are', () => {
    const number = fc.oneof(
      fc.constantFrom(0, -0, 1, -1, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 1e300, 1e-300),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 3 }),
    )
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 4, maxLength: 80 }),
        fc.constantFrom(1, 1000, MINUTE, HOUR, DAY, 31 * DAY),
        (values, step) => {
          for (const { score } of judgeAll(timed(values, step), 2)) {
            expect(score).toBeGreaterThanOrEqual(0)
            expect(score).toBeLessThanOrEqual(1)
          }
          const { state } = learn(timed(values, step)).model
          expect(() => auto.restore(state)).not.toThrow()
        },
      ),
      { numRuns: 60, seed: 5 },
    )
  })

  it('needs two points and the right columns', () => {
    expect(() => learn(timed([1]))).toThrow(/needs at least 2 rows/)
    expect(() => learn({ data: new Float64Array(6), rows: 2, columns: 3 })).toThrow(/a time and a value/)
    expect(() => learn(timed([1, Number.NaN, 2]))).toThrow(/not finite/)
  })

  it('refuses a damaged state', () => {
    const { state } = learn(timed(noise(30))).model
    for (const damage of [
      { numbers: undefined },
      { values: new Float32Array(3) },
      { spread: 0 },
      { step: Number.NaN },
      { time_zone: 'Mars/Base' },
      { counts: new Float64Array(10) },
    ])
      expect(
        () => auto.restore({ ...state, ...damage } as typeof state),
        JSON.stringify(Object.keys(damage)),
      ).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  })
})

import { describe, expect, it } from 'vitest'
import { parseFrequency } from '../../src/timeseries/frequency.ts'
import { resample } from '../../src/timeseries/resample.ts'

const at = (text: string) => Date.parse(`${text}Z`)
const startOf = (freq: string, moment: string) =>
  new Date(parseFrequency(freq).start(at(moment))).toISOString().slice(0, 16)

describe('bins start', () => {
  it.each([
    ['10min', '2024-03-05T10:19:59', '2024-03-05T10:10'],
    ['15T', '2024-03-05T10:19:59', '2024-03-05T10:15'],
    ['H', '2024-03-05T10:19:59', '2024-03-05T10:00'],
    ['6h', '2024-03-05T10:19:59', '2024-03-05T06:00'],
    ['D', '2024-03-05T23:59:59', '2024-03-05T00:00'],
    ['W', '2024-03-10T23:59:59', '2024-03-04T00:00'],
    ['W', '2024-03-11T00:00:00', '2024-03-11T00:00'],
    ['W-SAT', '2024-03-10T12:00:00', '2024-03-10T00:00'],
    ['w-sat', '2024-03-09T12:00:00', '2024-03-03T00:00'],
    ['M', '2024-02-29T12:00:00', '2024-02-01T00:00'],
    ['MS', '2024-12-31T12:00:00', '2024-12-01T00:00'],
    ['ME', '1969-12-31T12:00:00', '1969-12-01T00:00'],
    ['3MS', '2024-08-31T12:00:00', '2024-07-01T00:00'],
    ['QS', '2024-08-31T12:00:00', '2024-07-01T00:00'],
    ['YE', '2024-08-31T12:00:00', '2024-01-01T00:00'],
  ])('%s: %s lies in %s', (freq, moment, start) => {
    expect(startOf(freq, moment)).toBe(start)
    const frequency = parseFrequency(freq)
    const next = frequency.next(frequency.start(at(moment)))
    expect(frequency.start(next)).toBe(next)
    expect(next).toBeGreaterThan(at(moment))
  })
})

it.each([
  '',
  '   ',
  'x',
  '0D',
  '0MS',
  '-1h',
  '1 fortnight',
  'W-FOO',
  '1h; DROP',
  '__proto__',
  '99999MS',
  'B',
  '🔥',
  '1'.repeat(400),
])('refuses the freq %j', (freq) => {
  expect(() => parseFrequency(freq)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})

it('refuses a freq that is much too fine for the series', () => {
  const series = { timestamps: Float64Array.of(0, 1e12), values: Float64Array.of(1, 2) }
  expect(() => resample(series, '1s', 'sum')).toThrow(/more than 5000000 steps/)
})

it('an empty series stays empty', () => {
  expect(
    resample({ timestamps: new Float64Array(0), values: new Float64Array(0) }, 'D', 'sum').values,
  ).toHaveLength(0)
})

it('means of numbers whose sum overflows', () => {
  const series = { timestamps: Float64Array.of(0, 1, 2), values: Float64Array.of(1.5e308, 1.5e308, 1.5e308) }
  expect(resample(series, 'D', 'mean').values[0]! / 1.5e308).toBeCloseTo(1, 12)
})

it('does not lose small values beside large ones', () => {
  const values = Float64Array.from({ length: 10_001 }, (_, i) => (i === 0 ? 1e16 : 1))
  const series = { timestamps: values.map((_, i) => i), values }
  expect(resample(series, 'D', 'sum').values[0]).toBe(1e16 + 10_000)
})

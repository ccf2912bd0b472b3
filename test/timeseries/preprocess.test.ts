import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import type { Series } from '../../src/core/series.ts'
import { type PreprocessParams, preprocess, warmup } from '../../src/timeseries/preprocess.ts'
import { resample } from '../../src/timeseries/resample.ts'

const defaults: PreprocessParams = { diff_n: 1, smooth_n: 3, lags_n: 5, freq: null, freq_agg: 'mean' }
const HOUR = 3_600_000

interface Golden {
  readonly series: Record<
    string,
    { readonly timestamps: readonly number[]; readonly values: readonly number[] }
  >
  readonly cases: readonly {
    readonly series: string
    readonly params: Partial<PreprocessParams>
    readonly timestamps: readonly number[]
    readonly first: readonly number[]
    readonly last: readonly number[]
  }[]
}

const golden = JSON.parse(
  readFileSync(new URL('./preprocess.golden.json', import.meta.url), 'utf8'),
) as Golden
const seriesOf = ({
  timestamps,
  values,
}: {
  timestamps: readonly number[]
  values: readonly number[]
}): Series => ({
  timestamps: Float64Array.from(timestamps),
  values: Float64Array.from(values),
})
const hourly = (values: readonly number[]): Series => ({
  timestamps: Float64Array.from(values, (_, i) => i * HOUR),
  values: Float64Array.from(values),
})
const column = (features: ReturnType<typeof preprocess>, at: number): number[] =>
  Array.from(features.timestamps, (_, row) => features.data[row * features.columns + at]!)

describe('pandas', () => {
  it.each(golden.cases)('$series $params', ({ series, params, timestamps, first, last }) => {
    const source = seriesOf(golden.series[series]!)
    const features = preprocess(source, { ...defaults, ...params })
    expect(Array.from(features.timestamps)).toEqual(timestamps)
    const size = Math.max(...source.values.map(Math.abs))
    const near = (ours: readonly number[], theirs: readonly number[]) =>
      ours.forEach((value, i) => {
        expect(Math.abs(value - theirs[i]!)).toBeLessThanOrEqual(1e-12 * Math.max(size, Math.abs(theirs[i]!)))
      })
    near(column(features, 0), first)
    near(column(features, features.columns - 1), last)
    expect(first.length).toBeGreaterThan(2)
  })
})

describe('rows', () => {
  it('hold the newest value and the ones before, in the order of time', () => {
    const features = preprocess(hourly([1, 2, 4, 8, 16]), { ...defaults, smooth_n: 0, lags_n: 2 })
    expect(features.names).toEqual(['metric_value', 'lag_1', 'lag_2'])
    expect(features.columns).toBe(3)
    expect(Array.from(features.timestamps)).toEqual([3 * HOUR, 4 * HOUR])
    expect(Array.from(features.data)).toEqual([4, 2, 1, 8, 4, 2])
  })

  it('are lost at the start only: 8 by default', () => {
    expect(warmup(defaults)).toBe(8)
    expect(preprocess(hourly(Array.from({ length: 25 }, (_, i) => i * i)), defaults).timestamps).toHaveLength(
      17,
    )
    for (const length of [0, 1, 8])
      expect(preprocess(hourly(Array(length).fill(3)), defaults).data).toHaveLength(0)
    expect(preprocess(hourly(Array(9).fill(3)), defaults).timestamps).toHaveLength(1)
  })

  it('hold finite values only, even where a difference overflows', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i === 20 ? 1.7e308 : i === 21 ? -1.7e308 : i))
    const features = preprocess(hourly(values), defaults)
    expect(features.data.every(Number.isFinite)).toBe(true)
    expect(features.timestamps.length).toBeGreaterThan(10)
    expect(features.timestamps.length).toBeLessThan(32)
  })
})

const value = fc.double({ min: -1e9, max: 1e9, noNaN: true })
const params = fc.record({
  diff_n: fc.integer({ min: 0, max: 4 }),
  smooth_n: fc.integer({ min: 0, max: 5 }),
  lags_n: fc.integer({ min: 0, max: 6 }),
  freq: fc.constant(null),
  freq_agg: fc.constantFrom('mean' as const, 'sum' as const),
})
const irregular = fc
  .array(fc.record({ value, step: fc.integer({ min: 1, max: 5 * HOUR }) }), { maxLength: 80 })
  .map((points): Series => {
    let time = Date.UTC(2024, 0, 1)
    return {
      timestamps: Float64Array.from(points, ({ step }) => {
        time += step
        return time
      }),
      values: Float64Array.from(points, (point) => point.value),
    }
  })

describe('properties', () => {
  it('causal: the rows of a prefix are the first rows of the whole', () => {
    fc.assert(
      fc.property(irregular, params, fc.nat(80), (series, chosen, cut) => {
        const whole = preprocess(series, chosen)
        const part = preprocess(
          { timestamps: series.timestamps.slice(0, cut), values: series.values.slice(0, cut) },
          chosen,
        )
        expect(part.data).toEqual(whole.data.slice(0, part.data.length))
        expect(part.timestamps).toEqual(whole.timestamps.slice(0, part.timestamps.length))
      }),
    )
  })

  it('local: the rows of a suffix are the last rows of the whole, bit for bit', () => {
    fc.assert(
      fc.property(irregular, params, fc.nat(80), (series, chosen, cut) => {
        const whole = preprocess(series, chosen)
        const part = preprocess(
          { timestamps: series.timestamps.slice(cut), values: series.values.slice(cut) },
          chosen,
        )
        expect(part.data).toEqual(whole.data.slice(whole.data.length - part.data.length))
        expect(part.timestamps).toHaveLength(Math.max(0, series.values.length - cut - warmup(chosen)))
      }),
    )
  })

  it('twice the series gives twice the rows', () => {
    fc.assert(
      fc.property(irregular, params, ({ timestamps, values }, chosen) => {
        // Doubling is exact for floating-point numbers, except for the subnormal ones, which have fewer digits.
        const series = { timestamps, values: values.map((v) => (Math.abs(v) < 1e-200 ? 0 : v)) }
        const twice = preprocess({ ...series, values: series.values.map((v) => 2 * v) }, chosen)
        expect(twice.data).toEqual(preprocess(series, chosen).data.map((v) => 2 * v))
      }),
    )
  })

  it('the series is not changed', () => {
    fc.assert(
      fc.property(irregular, params, fc.constantFrom(null, '1h', 'D'), (series, chosen, freq) => {
        const before = structuredClone(series)
        const { data } = preprocess(series, { ...chosen, freq })
        data.fill(0)
        expect(series).toEqual(before)
      }),
    )
  })

  it('resampling to sums keeps the total, and to means stays within the range', () => {
    fc.assert(
      fc.property(irregular, fc.constantFrom('10min', '1h', '7h', '1D', 'W', 'MS'), (series, freq) => {
        const total = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0)
        const size = series.values.reduce((sum, v) => sum + Math.abs(v), 1)
        const sums = resample(series, freq, 'sum')
        expect(Math.abs(total(sums.values) - total(series.values))).toBeLessThan(1e-10 * size)
        const means = resample(series, freq, 'mean')
        const [least, most] = [Math.min(...series.values), Math.max(...series.values)]
        for (const mean of means.values) {
          expect(mean).toBeGreaterThanOrEqual(least - 1e-9 * Math.abs(least))
          expect(mean).toBeLessThanOrEqual(most + 1e-9 * Math.abs(most))
        }
      }),
    )
  })
})

describe('bugs of the original', () => {
  it('2.2: rows are not shuffled, so that two runs train on the same rows in the same order', () => {
    const random = createRandom(1)
    const series = hourly(Array.from({ length: 200 }, () => random.next()))
    const first = preprocess(series, defaults)
    expect(preprocess(series, defaults)).toEqual(first)
    expect(Array.from(first.timestamps)).toEqual(Array.from(first.timestamps).sort((a, b) => a - b))
  })

  it('2.3 BUG C: the grid of freq does not move with the window, so that a bin has one timestamp and one value', () => {
    const random = createRandom(2)
    const timestamps = Float64Array.from({ length: 500 }, (_, i) => Date.UTC(2024, 1, 27) + i * 17 * 60_000)
    const series = { timestamps, values: timestamps.map(() => random.next()) }
    for (const freq of ['1h', '7h', '5D', 'W', 'MS']) {
      const whole = resample(series, freq, 'sum')
      const later = resample(
        { timestamps: timestamps.slice(200), values: series.values.slice(200) },
        freq,
        'sum',
      )
      const at = Array.from(whole.timestamps).indexOf(later.timestamps[0]!)
      expect(at).toBeGreaterThanOrEqual(0)
      // All but the bin that the window cuts.
      expect(later.timestamps).toEqual(whole.timestamps.slice(at))
      expect(later.values.slice(1)).toEqual(whole.values.slice(at + 1))
    }
  })

  it('2.2: empty bins are zeros of a sum and gaps of a mean', () => {
    const series = { timestamps: Float64Array.of(0, HOUR, 4 * HOUR), values: Float64Array.of(5, 6, 7) }
    expect(Array.from(resample(series, '1h', 'sum').values)).toEqual([5, 6, 0, 0, 7])
    expect(Array.from(resample(series, '1h', 'mean').timestamps)).toEqual([0, HOUR, 4 * HOUR])
    const plain = { ...defaults, diff_n: 1, smooth_n: 0, lags_n: 0, freq: '1h' }
    // A gap is not jumped over: the only difference of neighbours is the first.
    expect(Array.from(preprocess(series, plain).data)).toEqual([1])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnomstackError } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { featuresResult, NO_FEATURES } from '../../src/functions/features-result.ts'
import { javascript, LIMITS, typescript } from './scratch-project.ts'

const series = (values: readonly number[]) => ({
  timestamps: Float64Array.from(values, (_, index) => (index + 1) * 1000),
  values: Float64Array.from(values),
})
const five = series([1, 2, 4, 8, 16])

describe('what preprocess() may return', () => {
  it('its own timestamps, with rows and names', () => {
    expect(
      featuresResult(
        { timestamps: [3000, new Date(1000)], rows: [[3, 30], Float64Array.of(1, 10)], names: ['a', 'b'] },
        five,
      ),
    ).toEqual({
      timestamps: Float64Array.of(1000, 3000),
      data: Float64Array.of(1, 10, 3, 30),
      columns: 2,
      names: ['a', 'b'],
    })
  })

  it('rows that end at the newest point', () => {
    expect(featuresResult([[7], [8]], five)).toEqual({
      timestamps: Float64Array.of(4000, 5000),
      data: Float64Array.of(7, 8),
      columns: 1,
      names: [],
    })
  })

  it('plain numbers, in an array or a typed one', () => {
    const expected = { ...five, data: five.values }
    for (const result of [Array.from(five.values), five.values])
      expect(featuresResult(result, five)).toEqual({
        timestamps: expected.timestamps,
        data: expected.data,
        columns: 1,
        names: [],
      })
  })

  it.each([[undefined], [null], [[]], [{ timestamps: [], rows: [] }], [[[Number.NaN]]], [[[]]]])(
    'nothing: %j',
    (result) => {
      expect(featuresResult(result, five)).toEqual(NO_FEATURES)
    },
  )

  it('rows that are not finite, which are left out with their timestamps', () => {
    expect(featuresResult([[1], [Number.NaN], [Infinity], [null], ['5'], [6]].slice(1), five)).toEqual({
      timestamps: Float64Array.of(5000),
      data: Float64Array.of(6),
      columns: 1,
      names: [],
    })
  })

  it.each([
    [7, 'it is 7'],
    ['text', `it is 'text'`],
    [{ rows: [[1]] }, 'return { timestamps, rows }'],
    [new Map(), 'it is Map(0) {}'],
    [[[1], [2], [3], [4], [5], [6]], 'there are 6 rows for 5 points'],
    [[[1, 2], [3]], 'row 2 has 1 columns, the first has 2'],
    [{ timestamps: [1], rows: [[1], [2]] }, 'there are 1 timestamps for 2 rows'],
    [{ timestamps: ['2020-01-01'], rows: [[1]] }, `timestamp 1 is '2020-01-01'`],
    [{ timestamps: [5, 5], rows: [[1], [2]] }, 'two rows have the timestamp 1970-01-01T00:00:00.005Z'],
    [{ timestamps: [5], rows: [[1]], names: ['a', 'b'] }, 'there are 2 names for 1 columns'],
    [{ timestamps: [5], rows: [[1]], names: 'a' }, `names is 'a'`],
  ])('not %j', (result, message) => {
    expect(featuresResult(result, five)).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining(message) as string,
    })
  })

  it('is always finite, ascending and as wide as it says', () => {
    const cell = fc.oneof(fc.double(), fc.constant(null), fc.string())
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.tuple(fc.integer(), fc.array(cell, { minLength: width, maxLength: width }))),
      )
    fc.assert(
      fc.property(table, (rows) => {
        const unique = new Map(rows)
        const result = featuresResult({ timestamps: [...unique.keys()], rows: [...unique.values()] }, five)
        if ('kind' in result) throw new Error(result.problem)
        const { timestamps, data, columns } = result
        expect(data.length).toBe(timestamps.length * columns)
        expect(data.every(Number.isFinite)).toBe(true)
        expect(timestamps.every((time, index) => index === 0 || time > (timestamps[index - 1] ?? 0))).toBe(
          true,
        )
        expect(timestamps.length).toBe(
          [...unique.values()].filter((row) => row.every((each) => Number.isFinite(each))).length,
        )
      }),
    )
  })
})

describe('preprocess() in its process', () => {
  const runner = createFunctionRunner()

  it('gets each series and its parameters, in order', async () => {
    const code = typescript(`
      interface Series { timestamps: Float64Array; values: Float64Array }
      export async function preprocess({ timestamps, values }: Series, params: { diff_n: number }) {
        const rows: number[][] = []
        for (let i = params.diff_n; i < values.length; i++) rows.push([values[i]! - values[i - params.diff_n]!])
        if (!(values instanceof Float64Array)) throw new Error('not a Float64Array')
        return params.diff_n === 1 ? rows : { timestamps: timestamps.slice(params.diff_n), rows, names: ['difference'] }
      }`)
    const calls = [
      { metric: 'a', series: five, params: { diff_n: 1 } },
      { metric: 'b', series: five, params: { diff_n: 3 } },
      { metric: 'c', series: series([]), params: { diff_n: 1 } },
    ]
    expect(await runner.preprocess(code, calls, LIMITS)).toEqual([
      {
        timestamps: Float64Array.of(2000, 3000, 4000, 5000),
        data: Float64Array.of(1, 2, 4, 8),
        columns: 1,
        names: [],
      },
      {
        timestamps: Float64Array.of(4000, 5000),
        data: Float64Array.of(7, 14),
        columns: 1,
        names: ['difference'],
      },
      NO_FEATURES,
    ])
  })

  it('starts nothing for no series', async () => {
    expect(await runner.preprocess(javascript('this cannot be parsed'), [], LIMITS)).toEqual([])
  })

  const picky = javascript(
    `export function preprocess(series, { bad }) {\n  if (bad) throw new Error('bad ' + bad)\n  return series.values\n}`,
  )
  const calls = [undefined, 'one', undefined, 'two'].map((bad, index) => ({
    metric: `m"${index}`,
    series: five,
    params: { bad },
  }))

  it('names the metric that failed', async () => {
    await expect(runner.preprocess(picky, calls, LIMITS)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: 'metric "m"1", /project/metrics/sales.js:2:18: preprocess() threw Error: bad one',
      at: { metric: 'm"1', line: 2, column: 18 },
    })
  })

  it('goes on with the other metrics where someone hears of the failures', async () => {
    const failures: [string, string][] = []
    const features = await runner.preprocess(picky, calls, {
      ...LIMITS,
      onMetricFailure: (metric: string, { problem }: AnomstackError) => failures.push([metric, problem]),
    })
    expect(features.map(({ timestamps }) => timestamps.length)).toEqual([5, 0, 5, 0])
    expect(failures).toEqual([
      ['m"1', 'preprocess() threw Error: bad one'],
      ['m"3', 'preprocess() threw Error: bad two'],
    ])
  })

  it('carries 1,000 series of 2,500 points', async () => {
    const long = series(Array.from({ length: 2_500 }, (_, index) => index))
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      metric: `m${index}`,
      series: long,
      params: {},
    }))
    const features = await runner.preprocess(javascript('const preprocess = ({ values }) => values'), many, {
      ...LIMITS,
      memoryMb: 512,
    })
    expect(features).toHaveLength(1_000)
    expect(features[999]?.data).toEqual(long.values)
  })
})

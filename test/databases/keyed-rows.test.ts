import fc from 'fast-check'
import { expect, it } from 'vitest'
import { METRIC_TYPES, type MetricRow } from '../../src/core/metric-row.ts'
import { keyedRows, rowCount } from '../../src/databases/tables/keyed-rows.ts'

const anyRow: fc.Arbitrary<MetricRow> = fc.record({
  timestamp: fc.integer({ min: 0, max: 5 }),
  batch: fc.constantFrom('a', 'b', '__proto__'),
  name: fc.constantFrom('x', "y'", 'a b'),
  type: fc.constantFrom(...METRIC_TYPES.slice(0, 2)),
  value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  metadata: fc.constantFrom('', '{"a":1}'),
})

it('holds each key once with its last row, in the order of keys and times', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 60 }), (rows) => {
      const last = new Map(
        rows.map((row) => [[row.batch, row.name, row.type, row.timestamp].join('\0'), row]),
      )
      const series = keyedRows(rows)
      const flat = series.flatMap(({ timestamps, values, metadata, ...key }) =>
        [...timestamps].map((timestamp, i) => ({
          ...key,
          timestamp,
          value: values[i]!,
          metadata: metadata?.[i] ?? '',
        })),
      )
      expect(flat).toEqual([...last.keys()].sort().map((key) => last.get(key)))
      expect(rowCount(series)).toBe(last.size)
    }),
  )
})

it('rounds timestamps to milliseconds before it compares them', () => {
  const row: MetricRow = { timestamp: 5.4, batch: 'a', name: 'x', type: 'metric', value: 1, metadata: '' }
  expect(keyedRows([row, { ...row, timestamp: 4.6, value: 2 }])).toMatchObject([
    { timestamps: Float64Array.of(5), values: Float64Array.of(2) },
  ])
})

it('names batch and metric of a bad row, shortened', () => {
  const row: MetricRow = {
    timestamp: 1,
    batch: 'sales',
    name: 'x'.repeat(10_000),
    type: 'metric',
    value: Number.NaN,
    metadata: '',
  }
  expect(() => keyedRows([row])).toThrow(
    expect.objectContaining({
      code: 'ROWS_INVALID',
      message: expect.stringMatching(/^batch "sales", metric "x{200}…": .*NaN/),
    }),
  )
})

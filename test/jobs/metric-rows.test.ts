import { describe, expect, it } from 'vitest'
import { type RowRules, toMetricRows } from '../../src/jobs/metric-rows.ts'

const rules: RowRules = {
  batch: 'sales',
  file: 'metrics/sales.yaml',
  timeZone: 'UTC',
  rounding: 4,
  thresholds: {},
}
const check = (rows: readonly Record<string, unknown>[], changes: Partial<RowRules> = {}) =>
  toMetricRows(rows, { ...rules, ...changes })
const row = (metric_value: unknown, more: Record<string, unknown> = {}) => ({
  metric_timestamp: '2024-01-01 00:00:00',
  metric_name: 'orders',
  metric_value,
  ...more,
})
const midnight = Date.UTC(2024, 0, 1)

describe('toMetricRows', () => {
  it('makes a metric row of each raw row, rounded', () => {
    expect(check([row(1.234567)]).rows).toEqual([
      { timestamp: midnight, batch: 'sales', name: 'orders', type: 'metric', value: 1.2346, metadata: '' },
    ])
  })

  it('finds columns whatever their case, and takes numbers as text, bigint and boolean', () => {
    const shouting = { METRIC_TIMESTAMP: new Date(midnight), METRIC_NAME: 'orders', METRIC_VALUE: '12.5' }
    expect(check([shouting]).rows[0]?.value).toBe(12.5)
    expect(check([row(12n)]).rows[0]?.value).toBe(12)
    expect(check([row(true)]).rows[0]?.value).toBe(1)
  })

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['text', 'abc'],
    ['an object', {}],
    ['a list', [1]],
  ])('leaves out %s and names metric and value', (_, value) => {
    const { rows, problems } = check([row(value), row(1, { metric_name: 'other' })])
    expect(rows.map(({ name }) => name)).toEqual(['other'])
    expect([...problems.keys()][0]).toMatch(/metric "orders": metric_value .* is not a finite number/)
  })

  it('leaves out NULL without a problem', () => {
    expect(check([row(null), row('')])).toMatchObject({ rows: [], empty: 2, problems: new Map() })
  })

  it('leaves out a time that is none, and says so', () => {
    const { rows, problems } = check([row(1), row(2, { metric_timestamp: 'yesterday' })])
    expect(rows).toHaveLength(1)
    expect([...problems.keys()]).toEqual(['metric "orders": metric_timestamp "yesterday" is not a time'])
  })

  it('joins rows of one metric and time by their mean, and says so', () => {
    const { rows, problems } = check([
      row(1),
      row(3),
      row(5, { metric_timestamp: '2024-01-01T01:00:00+01:00' }),
    ])
    expect(rows.map(({ value }) => value)).toEqual([3])
    expect([...problems.values()]).toEqual([2])
  })

  it('reads timestamps without a zone in the zone of the batch', () => {
    expect(check([row(1)], { timeZone: 'America/New_York' }).rows[0]?.timestamp).toBe(
      midnight + 5 * 3_600_000,
    )
  })

  it('names rows after the metric of their file when they have no name', () => {
    const { metric_name: _, ...nameless } = row(1)
    expect(check([nameless], { metric: 'daily_revenue' }).rows[0]?.name).toBe('daily_revenue')
    expect(() => check([nameless])).toThrow(
      /batch "sales", metrics\/sales\.yaml: the rows have no metric_name; they have: metric_timestamp, metric_value/,
    )
  })

  it('fails when none of the rows can be used, naming batch, file and why', () => {
    expect(() => check([row('abc')])).toThrow(
      /batch "sales", metrics\/sales\.yaml: none of 1 rows can be used: metric "orders"/,
    )
  })

  it('takes no rows for what they are', () => {
    expect(check([])).toMatchObject({ rows: [], empty: 0 })
  })

  it('keeps hostile names as they are', () => {
    const names = ["it's", 'a"b', '__proto__', 'x/y', '😀', '; drop table metrics']
    expect(check(names.map((metric_name) => row(1, { metric_name }))).rows.map(({ name }) => name)).toEqual(
      names,
    )
  })

  it('puts thresholds beside what metadata there is', () => {
    const thresholds = { orders: { upper: 5 } }
    const metadata = (given: unknown) =>
      JSON.parse(check([row(1, { metadata: given })], { thresholds }).rows[0]!.metadata) as unknown
    expect(metadata('')).toEqual({ thresholds: { upper: 5 } })
    expect(metadata('{"a":1}')).toEqual({ a: 1, thresholds: { upper: 5 } })
    expect(metadata({ a: 1 })).toEqual({ a: 1, thresholds: { upper: 5 } })
    expect(metadata('free text')).toEqual({ metadata: 'free text', thresholds: { upper: 5 } })
    expect(check([row(1, { metric_name: 'constructor' })], { thresholds }).rows[0]?.metadata).toBe('')
  })

  it('does not grow with the number of different problems', () => {
    const { problems } = check([row(1), ...Array.from({ length: 1000 }, (_, i) => row(`bad ${i}`))])
    expect(problems.size).toBeLessThanOrEqual(21)
    expect([...problems.values()].reduce((sum, count) => sum + count, 0)).toBe(1000)
  })
})

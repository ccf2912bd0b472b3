import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseName, dimensionedName, listsMetric, ofMetric } from '../../src/core/metric-name.ts'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { capDimensions, foldDimensions } from '../../src/jobs/fold-dimensions.ts'

describe('names with dimensions', () => {
  it('are written in their order, quoted where they must be', () => {
    expect(
      dimensionedName('revenue', [
        ['country', 'US'],
        ['city', 'New York, NY'],
        ['plan', null],
        ['note', ''],
        ['quote', 'say "\\o/"'],
      ]),
    ).toBe('revenue{country=US,city="New York, NY",plan=,note="",quote="say \\"\\\\o/\\""}')
    expect(dimensionedName('revenue', [])).toBe('revenue')
  })

  it('are different wherever values are', () => {
    const values = fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 6 })), {
      minLength: 2,
      maxLength: 2,
    })
    const name = (texts: readonly (string | null)[]) =>
      dimensionedName(
        'm',
        texts.map((text, index) => [`d${index}`, text]),
      )
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(name(a) === name(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
      { numRuns: 2_000 },
    )
  })

  it('have a base, by which settings find them', () => {
    expect([baseName('revenue{country=US}'), baseName('revenue'), baseName('{odd}')]).toEqual([
      'revenue',
      'revenue',
      '{odd}',
    ])
    const bounds = { revenue: 1, 'revenue{country=US}': 2 }
    expect(ofMetric(bounds, 'revenue{country=US}')).toBe(2)
    expect(ofMetric(bounds, 'revenue{country=DE}')).toBe(1)
    expect(ofMetric(bounds, 'constructor')).toBeUndefined()
    expect(listsMetric(new Set(['revenue']), 'revenue{country=DE}')).toBe(true)
    expect(listsMetric(new Set(['revenue{country=US}']), 'revenue{country=DE}')).toBe(false)
  })
})

describe('folding dimensions', () => {
  it('makes one name of name and dimensions, whatever the case of columns', () => {
    const rows = [
      { METRIC_NAME: 'orders', Country: 'US', day: new Date(0), metric_value: 1 },
      { METRIC_NAME: 'orders', Country: null, day: new Date(0), metric_value: 2 },
    ]
    expect(foldDimensions(rows, ['country', 'day']).map((row) => row.METRIC_NAME)).toEqual([
      'orders{country=US,day=1970-01-01T00:00:00.000Z}',
      'orders{country=,day=1970-01-01T00:00:00.000Z}',
    ])
    expect(foldDimensions(rows, [])).toBe(rows)
    expect(foldDimensions([], ['country'])).toEqual([])
  })

  it('names rows by their file where they have no name', () => {
    expect(foldDimensions([{ plan: 3, metric_value: 1 }], ['plan'], 'signups')[0]).toMatchObject({
      metric_name: 'signups{plan=3}',
    })
  })

  it('says which dimension the rows lack', () => {
    expect(() => foldDimensions([{ metric_name: 'a', plan: 1 }], ['plan', 'region'])).toThrow(
      expect.objectContaining({ code: 'ROWS_INVALID', message: expect.stringContaining('no column region') }),
    )
  })
})

describe('the cap on dimensions', () => {
  const row = (name: string, value: number): MetricRow => ({
    timestamp: 0,
    batch: 'b',
    name,
    type: 'metric',
    value,
    metadata: '',
  })
  const rows = [row('a{x=1}', 1), row('a{x=2}', -30), row('a{x=3}', 2), row('a{x=3}', 2), row('b{x=1}', 1)]

  it('keeps the largest, per metric, and says what it leaves out', () => {
    const capped = capDimensions(rows, new Set(), 2)
    expect(capped.rows.map(({ name }) => name)).toEqual(['a{x=2}', 'a{x=3}', 'a{x=3}', 'b{x=1}'])
    expect([...capped.leftOut]).toEqual([['a', ['a{x=1}']]])
    expect(capDimensions(rows, new Set(), 3).rows).toBe(rows)
  })

  it('keeps those that are known, whether or not they came this time', () => {
    const capped = capDimensions(rows, new Set(['a{x=1}', 'a{x=9}']), 2)
    expect(capped.rows.map(({ name }) => name)).toEqual(['a{x=1}', 'b{x=1}'])
    expect(capped.leftOut.get('a')).toEqual(['a{x=2}', 'a{x=3}'])
  })
})

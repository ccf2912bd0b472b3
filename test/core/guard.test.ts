import { describe, expect, it } from 'vitest'
import { guardNames, holds, parseGuard } from '../../src/core/guard.ts'

describe('parseGuard', () => {
  it.each<[string, string, string, number]>([
    ['requests > 100', 'requests', '>', 100],
    ['requests>=100', 'requests', '>=', 100],
    ['a <= -1.5e3', 'a', '<=', -1500],
    ['all requests != 0', 'all requests', '!=', 0],
    ['revenue{country=US} == .5', 'revenue{country=US}', '==', 0.5],
    ['revenue{country=US}=5', 'revenue{country=US}', '=', 5],
    ['m < 5.', 'm', '<', 5],
  ])('%j', (text, metric, operator, number) => {
    expect(parseGuard(text)).toEqual({ metric, operator, number })
  })

  it.each([
    '',
    'requests',
    '> 100',
    'requests >',
    'requests > many',
    'requests > 1 or more',
    'a => 5',
    'a > 1e999',
    'x'.repeat(2_000),
  ])('%j is none', (text) => {
    expect(parseGuard(text)).toBeUndefined()
  })
})

describe('holds', () => {
  it.each<[string, number, boolean]>([
    ['m > 5', 5, false],
    ['m > 5', 5.1, true],
    ['m >= 5', 5, true],
    ['m < 5', 4, true],
    ['m <= 5', 6, false],
    ['m == 5', 5, true],
    ['m = 5', 5, true],
    ['m != 5', 5, false],
  ])('%s for %d: %s', (text, value, expected) => {
    expect(holds(parseGuard(text)!, value)).toBe(expected)
  })
})

describe('guardNames', () => {
  it('looks at the metric with the same dimensions first', () => {
    const guard = parseGuard('requests > 1')!
    expect(guardNames(guard, 'errors{host=a}')).toEqual(['requests{host=a}', 'requests'])
    expect(guardNames(guard, 'errors')).toEqual(['requests'])
  })

  it('takes a metric that is written with dimensions as it is', () => {
    expect(guardNames(parseGuard('requests{host=b} > 1')!, 'errors{host=a}')).toEqual(['requests{host=b}'])
  })
})

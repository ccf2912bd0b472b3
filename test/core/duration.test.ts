import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../src/core/duration.ts'

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['10min', 600_000],
    ['15T', 900_000],
    ['1h', 3_600_000],
    ['1H', 3_600_000],
    ['1d', 86_400_000],
    ['1D', 86_400_000],
    ['D', 86_400_000],
    ['1w', 604_800_000],
    ['W', 604_800_000],
    ['S', 1000],
    ['2h30m', 9_000_000],
    ['1.5h', 5_400_000],
    [' 2 hours 5 minutes ', 7_500_000],
    ['0s', 0],
  ])('reads %j', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    ' ',
    '5',
    '-5m',
    '1M',
    'M',
    '5x',
    'm5',
    '1e3s',
    'NaN',
    '5m!',
    'Infinitys',
    '1:00',
    `${'9'.repeat(99)}`,
  ])('takes %j for no duration', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it('answers at once for long garbage', () => {
    expect(parseDuration('1'.repeat(1_000_000))).toBeUndefined()
  })
})

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [90_000, '1m30s'],
    [93_600_000, '1d2h'],
    [-300_000, '-5m'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('writes %d', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('is read back', () => {
    fc.assert(fc.property(fc.nat(10 ** 12), (ms) => parseDuration(formatDuration(ms)) === ms))
  })
})

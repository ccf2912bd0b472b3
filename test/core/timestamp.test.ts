import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wallTimeToUtc, zoneOffset } from '../../src/core/time-zone.ts'
import { formatTimestamp, formatTimestampSeconds, parseTimestamp } from '../../src/core/timestamp.ts'

const utc = (text: string) => Date.parse(text)

describe('parseTimestamp of text', () => {
  it.each([
    ['2024-01-01', '2024-01-01T00:00:00Z'],
    ['2024-01', '2024-01-01T00:00:00Z'],
    ['20240131', '2024-01-31T00:00:00Z'],
    ['2024/01/31 10:20', '2024-01-31T10:20:00Z'],
    ['2024-01-01 00:00:00', '2024-01-01T00:00:00Z'],
    ['2024-02-29T23:59:59', '2024-02-29T23:59:59Z'],
    ['2024-01-01 10:00:00.5', '2024-01-01T10:00:00.500Z'],
    ['2024-01-01 10:00:00.123999', '2024-01-01T10:00:00.123Z'],
    ['2024-01-01 10:00:00,001', '2024-01-01T10:00:00.001Z'],
    ['2024-01-01T10:00:00.123456789Z', '2024-01-01T10:00:00.123Z'],
    ['2024-01-01t10:00:00z', '2024-01-01T10:00:00Z'],
    ['2024-01-01 10:00:00+02', '2024-01-01T08:00:00Z'],
    ['2024-01-01 10:00:00+0230', '2024-01-01T07:30:00Z'],
    ['2024-01-01 10:00:00 -02:30', '2024-01-01T12:30:00Z'],
    ['2024-01-01 10:00:00 UTC', '2024-01-01T10:00:00Z'],
    ['2024-01-01 10:00:00 GMT', '2024-01-01T10:00:00Z'],
    ['2024-01-01Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01 24:00:00', '2024-01-02T00:00:00Z'],
    ['2016-12-31 23:59:60', '2017-01-01T00:00:00Z'],
    ['  2024-01-01 00:00:00\n', '2024-01-01T00:00:00Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
    ['1700000000', '2023-11-14T22:13:20Z'],
    ['1700000000123', '2023-11-14T22:13:20.123Z'],
  ])('reads %j', (text, expected) => {
    expect(parseTimestamp(text)).toBe(utc(expected))
  })

  it.each([
    '',
    ' ',
    'NaN',
    'nan',
    'Infinity',
    'null',
    'today',
    '2024',
    '2024-13-01',
    '2024-00-01',
    '2024-02-30',
    '2023-02-29',
    '2024-1-1',
    '2024-01/01',
    '2024-01-01T',
    '2024-01-01 10',
    '2024-01-01 25:00',
    '2024-01-01 24:00:01',
    '2024-01-01 10:60',
    '2024-01-01 10:00:61',
    '2024-01-01 10:00:00.',
    '2024-01-01 10:00:00 America/New_York',
    '2024-01-01 10:00:00+99',
    '2024-01-01 10:00:00Zulu',
    '2024-01-01; drop table metrics',
    '２０２４-01-01',
    '1'.repeat(40),
  ])('takes %j for no time', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  it('agrees with Date.parse on every ISO time', () => {
    const range = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') }
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), (date) => {
        const text = date.toISOString()
        expect(parseTimestamp(text)).toBe(date.getTime())
        expect(parseTimestamp(text.replace('T', ' ').replace('Z', ''))).toBe(date.getTime())
      }),
    )
  })

  it('never throws and gives only whole milliseconds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.anything()), (value) => {
        const ms = parseTimestamp(value)
        expect(ms === undefined || Number.isInteger(ms)).toBe(true)
      }),
    )
  })
})

describe('parseTimestamp of other values', () => {
  const moment = utc('2023-11-14T22:13:20.123Z')

  it.each([
    ['a Date', new Date(moment), moment],
    ['seconds', 1_700_000_000, 1_700_000_000_000],
    ['seconds with a fraction', 1_700_000_000.123, moment],
    ['milliseconds', 1_700_000_000_123, moment],
    ['microseconds', 1_700_000_000_123_000, moment],
    ['nanoseconds', 1_700_000_000_123_000_000n, moment],
    ['bigint seconds', 1_700_000_000n, 1_700_000_000_000],
    ['the epoch', 0, 0],
    ['a time before the epoch', -86_400, -86_400_000],
  ])('reads %s', (_, value, expected) => {
    expect(parseTimestamp(value)).toBe(expected)
  })

  it.each([
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e300],
    [10n ** 30n],
    [new Date(Number.NaN)],
    [null],
    [undefined],
    [true],
    [{}],
    [[]],
  ])('takes %s for no time', (value) => {
    expect(parseTimestamp(value)).toBeUndefined()
  })
})

describe('text without a zone in a time zone', () => {
  it.each([
    ['2024-01-15 12:00:00', 'Europe/Berlin', '2024-01-15T11:00:00Z'],
    ['2024-07-15 12:00:00', 'Europe/Berlin', '2024-07-15T10:00:00Z'],
    ['2024-07-15', 'America/New_York', '2024-07-15T04:00:00Z'],
    ['2024-07-15 12:00', 'Asia/Kathmandu', '2024-07-15T06:15:00Z'],
    // spring: the last hour before and the first after the gap
    ['2024-03-31 01:59:59', 'Europe/Berlin', '2024-03-31T00:59:59Z'],
    ['2024-03-31 03:00:00', 'Europe/Berlin', '2024-03-31T01:00:00Z'],
    // in the gap: counted on from before it
    ['2024-03-31 02:30:00', 'Europe/Berlin', '2024-03-31T01:30:00Z'],
    // autumn: what clocks show twice is the first of the two
    ['2024-10-27 02:30:00', 'Europe/Berlin', '2024-10-27T00:30:00Z'],
    ['2024-10-27 03:00:00', 'Europe/Berlin', '2024-10-27T02:00:00Z'],
    ['2024-11-03 01:30:00', 'America/New_York', '2024-11-03T05:30:00Z'],
    // half an hour of summer time
    ['2024-04-07 01:45:00', 'Australia/Lord_Howe', '2024-04-06T14:45:00Z'],
    // a day that clocks skipped altogether
    ['2011-12-31 00:00:00', 'Pacific/Apia', '2011-12-30T10:00:00Z'],
    ['1800-01-01 00:00:00', 'Europe/Berlin', '1799-12-31T23:06:32Z'],
  ])('%s in %s', (text, zone, expected) => {
    expect(parseTimestamp(text, zone)).toBe(utc(expected))
  })

  it('a zone in the text wins', () => {
    expect(parseTimestamp('2024-07-15 12:00:00Z', 'Europe/Berlin')).toBe(utc('2024-07-15T12:00:00Z'))
    expect(parseTimestamp(1_700_000_000, 'Europe/Berlin')).toBe(1_700_000_000_000)
  })

  it('wall time and offset are each other’s inverse outside the repeated hour', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Tokyo',
      'Africa/Casablanca',
    ]
    const min = utc('1990-01-01T00:00:00Z')
    fc.assert(
      fc.property(
        fc.integer({ min, max: min + 40 * 365 * 86_400_000 }),
        fc.constantFrom(...zones),
        (ms, zone) => {
          const wall = ms + zoneOffset(ms, zone)
          const back = wallTimeToUtc(wall, zone)
          // In the repeated hour the earlier moment is meant; it shows the same wall time.
          expect(back <= ms && back + zoneOffset(back, zone) === wall).toBe(true)
        },
      ),
    )
  })

  it('refuses an unknown zone', () => {
    expect(() => parseTimestamp('2024-01-01', 'Mars/Olympus')).toThrow(RangeError)
  })
})

describe('formatTimestamp', () => {
  it('writes minutes or seconds in UTC', () => {
    expect(formatTimestamp(1_700_000_000_123)).toBe('2023-11-14 22:13')
    expect(formatTimestampSeconds(1_700_000_000_123)).toBe('2023-11-14 22:13:20')
  })

  it('does not throw for what is no time', () => {
    expect(formatTimestamp(Number.NaN)).toBe('no time')
    expect(formatTimestampSeconds(1e300)).toBe('no time')
  })
})

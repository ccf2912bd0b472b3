import { describe, expect, it } from 'vitest'
import type { Due } from '../../src/alerts/anomaly-policy.ts'
import { holdBackRule, type Surroundings } from '../../src/alerts/hold-back.ts'
import { batchSettings } from '../../src/config/batch-settings.ts'
import type { Series } from '../../src/core/series.ts'

const MINUTE = 60_000

function why(
  settings: object,
  {
    metric = 'm',
    value = 110,
    reference = 100,
    timestamp = 600 * MINUTE,
  }: { metric?: string; value?: number; reference?: number | null; timestamp?: number } = {},
  surroundings: Surroundings = {},
): string | undefined {
  const due: Due = {
    timestamp,
    value,
    stretch: {
      began: timestamp,
      reference: reference ?? undefined,
      change: reference === null ? undefined : value - reference,
      peak: reference === null ? undefined : value,
      run: 1,
    },
  }
  return holdBackRule(batchSettings.parse(settings), metric, surroundings)?.(due)
}

const seriesOf =
  (series: Readonly<Record<string, Series>>): NonNullable<Surroundings['seriesOf']> =>
  (metric) =>
    series[metric]
const everyMinute = (...values: number[]): Series => ({
  timestamps: Float64Array.from(values, (_, index) => index * MINUTE),
  values: Float64Array.from(values),
})

describe('without rules', () => {
  it('there is nothing to ask', () => {
    expect(holdBackRule(batchSettings.parse({}), 'm')).toBeUndefined()
  })
})

describe('alert_direction', () => {
  it('holds back what went the other way', () => {
    expect(why({ alert_direction: 'up' })).toBeUndefined()
    expect(why({ alert_direction: 'down' })).toBe('it went up, and alert_direction is down')
    expect(why({ alert_direction: 'up' }, { value: 90 })).toBe('it went down, and alert_direction is up')
    expect(why({ alert_direction: 'both' }, { value: 90 })).toBeUndefined()
  })

  it('may be written by metric, dimensions included', () => {
    const settings = { alert_direction: { m: 'down', 'n{a=b}': 'up' } }
    expect(why(settings)).toContain('alert_direction is down')
    expect(why(settings, { metric: 'm{host=x}' })).toContain('alert_direction is down')
    expect(why(settings, { metric: 'n{a=b}' })).toBeUndefined()
    expect(why(settings, { metric: 'other' })).toBeUndefined()
  })
})

describe('min_change and min_change_percent', () => {
  it('hold back what is too near to the expected value', () => {
    expect(why({ min_change: 10 })).toBeUndefined()
    expect(why({ min_change: 10.5 })).toBe('it changed by 10, less than min_change 10.5')
    expect(why({ min_change: 10.5 }, { value: 80 })).toBeUndefined()
    expect(why({ min_change_percent: 10 })).toBeUndefined()
    expect(why({ min_change_percent: 11 })).toBe('it changed by 10 %, less than min_change_percent 11')
  })

  it('take the sum of decimals for what it looks like', () => {
    expect(why({ min_change: 0.3 }, { value: 0.1 + 0.2, reference: 0 })).toBeUndefined()
    expect(why({ min_change: 0.1 }, { value: 0.3, reference: 0.2 })).toBeUndefined()
  })

  it('take every change from zero for large enough, and none for none', () => {
    expect(why({ min_change_percent: 1000 }, { value: 1e-9, reference: 0 })).toBeUndefined()
    expect(why({ min_change_percent: 1 }, { value: 0, reference: 0 })).toContain('changed by 0 %')
    expect(why({ min_change_percent: 50 }, { value: -130, reference: -100 })).toContain('changed by -30 %')
  })

  it('hold nothing back where nothing was expected', () => {
    expect(why({ min_change: 1e9, alert_direction: 'down' }, { reference: null })).toBeUndefined()
  })
})

describe('valid_range', () => {
  it('leaves invalid values to their own alert', () => {
    expect(why({ valid_range: { max: 100 } })).toContain('valid_range')
    expect(why({ valid_range: { min: 0, max: 110 } })).toBeUndefined()
    expect(why({ valid_range: { m: { max: 100 } } }, { metric: 'other' })).toBeUndefined()
    expect(why({ valid_range: { min: { max: 100 } } }, { metric: 'min' })).toContain('valid_range')
  })
})

describe('only_if', () => {
  const requests = everyMinute(...new Array<number>(600).fill(500), 50)

  it('holds back while its condition does not hold', () => {
    const around = { seriesOf: seriesOf({ requests }) }
    expect(why({ only_if: 'requests > 100' }, {}, around)).toBe('only_if: "requests" was 50, not > 100')
    expect(why({ only_if: 'requests > 100' }, { timestamp: 599 * MINUTE }, around)).toBeUndefined()
    expect(why({ only_if: { other: 'requests > 100' } }, {}, around)).toBeUndefined()
  })

  it('takes the newest value before, if it is not older than a step', () => {
    const around = { seriesOf: seriesOf({ requests }) }
    expect(why({ only_if: 'requests > 100' }, { timestamp: 600.9 * MINUTE }, around)).toContain('was 50')
    expect(why({ only_if: 'requests > 100' }, { timestamp: 602 * MINUTE }, around)).toBeUndefined()
  })

  it('prefers the metric with the same dimensions', () => {
    const around = { seriesOf: seriesOf({ requests, 'requests{host=a}': everyMinute(1, 1, 1) }) }
    const point = { metric: 'errors{host=a}', timestamp: 2 * MINUTE }
    expect(why({ only_if: 'requests > 100' }, point, around)).toBe(
      'only_if: "requests{host=a}" was 1, not > 100',
    )
  })

  it('holds nothing back where the other metric has no values', () => {
    expect(why({ only_if: 'requests > 100' }, {}, { seriesOf: seriesOf({}) })).toBeUndefined()
    expect(why({ only_if: 'requests > 100' })).toBeUndefined()
  })
})

describe('muting', () => {
  it('names the calendar', () => {
    expect(why({}, {}, { mutedBy: () => 'holidays' })).toBe('the calendar "holidays" mutes it')
    expect(why({}, {}, { mutedBy: () => undefined })).toBeUndefined()
  })
})

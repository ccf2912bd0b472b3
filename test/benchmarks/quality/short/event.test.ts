import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { EventKind } from '../../../../benchmarks/quality/short/change-values.ts'
import {
  type EventSeries,
  injectEvent,
  NOTHING,
  SILENCES,
  SIZED_KINDS,
} from '../../../../benchmarks/quality/short/event.ts'
import { eventSeries } from '../../../../benchmarks/quality/short/measure-events.ts'
import { IN_TIME, type Profile, simulate } from '../../../../benchmarks/quality/short/profile.ts'
import { PROFILES } from '../../../../benchmarks/quality/short/profiles.ts'
import { createRandom } from '../../../../src/core/random.ts'

const find = (step: string, name: string) =>
  PROFILES.find((profile) => profile.step === step && profile.name === name)!
const gauge = find('daily', 'white noise')
const base = simulate(gauge, 400, 'base')

/** The same event in the gauge with many seeds. */
function events(kind: EventKind, size: number | null, profile = gauge, simulated = base): EventSeries[] {
  return Array.from({ length: 40 }, (_, seed) =>
    injectEvent(profile, simulated, {
      wish: { kind, size, name: `${kind} ${seed}` },
      random: createRandom(seed),
    }),
  ).filter((event) => event !== undefined)
}

/** What tells one list of events from another, in short. */
const digests = (all: readonly EventSeries[]) =>
  all.map(({ labelled: { name, series, windows }, at }) => {
    const hash = createHash('sha256').update(series.timestamps).update(series.values).digest('hex')
    return `${name} ${at} ${JSON.stringify(windows)} ${hash}`
  })

/** How far each value is from what it was, in spreads; rounding is less than a thousandth. */
const changes = ({ labelled, simulated }: EventSeries) =>
  Array.from(labelled.series.values, (value, i) => (value - simulated.series.values[i]!) / simulated.spread)
const windowPoints = ({ labelled: { series, windows } }: EventSeries) =>
  series.timestamps.filter((timestamp) => timestamp >= windows[0]!.from && timestamp <= windows[0]!.to).length

describe.each([...SIZED_KINDS, ...SILENCES, ...NOTHING])('%s', (kind) => {
  const size = (SIZED_KINDS as readonly EventKind[]).includes(kind) ? 6 : null

  it('changes nothing before it, and its window begins with it', () => {
    const drawn = events(kind, size)
    expect(drawn).toHaveLength(40)
    for (const event of drawn) {
      const changed = changes(event)
      expect(changed.slice(0, event.at).every((change) => change === 0)).toBe(true)
      expect(event.labelled.windows).toHaveLength(1)
      expect(event.labelled.windows[0]!.from).toBe(base.series.timestamps[event.at])
      if (!(NOTHING as readonly EventKind[]).includes(kind)) expect(changed[event.at]).not.toBe(0)
    }
  })

  it('comes in the later half, and the series ends with its window or soon after', () => {
    for (const event of events(kind, size)) {
      expect(event.at).toBeGreaterThanOrEqual(200)
      const rest = event.labelled.series.values.length - event.at
      expect(rest).toBeGreaterThanOrEqual(windowPoints(event))
      expect(rest).toBeLessThanOrEqual(windowPoints(event) + IN_TIME.daily)
    }
  })

  it('is the same for the same seed', () => {
    expect(digests(events(kind, size))).toEqual(digests(events(kind, size)))
  })
})

describe('sizes and windows', () => {
  it('a spike or dip of one or two points is seen up to one point later', () => {
    for (const [kind, sign] of [
      ['spike', 1],
      ['dip', -1],
    ] as const) {
      const lengths = new Set<number>()
      for (const event of events(kind, 4)) {
        const changed = changes(event).filter((change) => change !== 0)
        for (const change of changed) expect(change).toBeCloseTo(4 * sign, 3)
        expect(windowPoints(event)).toBe(changed.length + 1)
        lengths.add(changed.length)
      }
      expect([...lengths].toSorted((a, b) => a - b)).toEqual([1, 2])
    }
  })

  it('a shift goes up or down by its size, for a week or for good', () => {
    const signs = new Set<number>()
    const lengths = new Set<number>()
    for (const event of events('shift', 3)) {
      const changed = changes(event).filter((change) => change !== 0)
      for (const change of changed) expect(Math.abs(change)).toBeCloseTo(3, 3)
      signs.add(Math.sign(changed[0]!))
      lengths.add(changed.length)
      expect(windowPoints(event)).toBe(IN_TIME.daily)
    }
    expect(signs).toEqual(new Set([1, -1]))
    expect(Math.min(...lengths)).toBe(7)
    expect(Math.max(...lengths)).toBe(10)
  })

  it('a trend reaches its size in 10 to 20 points, at the latest when its window ends', () => {
    const rises = new Set<number>()
    for (const event of events('trend', 6)) {
      const changed = changes(event).slice(event.at).map(Math.abs)
      const rise = Math.round(6 / changed[0]!)
      rises.add(rise)
      changed.forEach((change, i) => {
        expect(change).toBeCloseTo((6 * (i + 1)) / rise, 2)
      })
      expect(changed.at(-1)!).toBeGreaterThan(5.99)
      expect(windowPoints(event)).toBe(rise)
    }
    expect(Math.min(...rises)).toBeGreaterThanOrEqual(10)
    expect(Math.max(...rises)).toBeLessThanOrEqual(20)
    expect(rises.size).toBeGreaterThan(5)
  })

  it('a variance change multiplies the noise', () => {
    for (const { labelled, at } of events('variance', 4))
      for (let i = at; i < labelled.series.values.length; i++) {
        const noise = base.series.values[i]! - base.expected[i]!
        expect((labelled.series.values[i]! - base.expected[i]!) / noise).toBeCloseTo(4, 1)
      }
  })

  it('a silence is five zeros or more, or as many repeats', () => {
    for (const { labelled, at } of events('zeros', null))
      expect(labelled.series.values.slice(at, at + 5)).toEqual(new Float64Array(5))
    for (const { labelled, at } of events('stuck', null)) {
      const before = labelled.series.values[at - 1]!
      expect(labelled.series.values.slice(at, at + 5)).toEqual(new Float64Array(5).fill(before))
    }
  })
})

describe('what a profile cannot have', () => {
  const few = find('daily', 'sign-ups 3')
  const counts = simulate(few, 400, 'counts')

  it('a dip below zero becomes a spike', () => {
    const kinds = events('dip', 8, few, counts).map(({ kind }) => kind)
    expect(kinds).toHaveLength(40)
    expect(new Set(kinds)).toEqual(new Set(['spike']))
  })

  it('a shift below zero goes up', () => {
    for (const event of events('shift', 8, few, counts))
      expect(Math.min(...changes(event).slice(event.at))).toBeGreaterThanOrEqual(0)
  })

  it('a few zeros, or repeats, are no event where there are many', () => {
    const errors = find('hourly', 'errors')
    const sparse = simulate(errors, 600, 'sparse')
    expect(events('zeros', null, errors, sparse)).toEqual([])
    expect(events('stuck', null, errors, sparse)).toEqual([])
    expect(events('variance', 4, errors, sparse)).toEqual([])
    expect(events('spike', 4, errors, sparse)).toHaveLength(40)
  })

  it('an event needs room, and past', () => {
    expect(events('shift', 6, gauge, simulate(gauge, 9, 'tiny'))).toEqual([])
    const short = simulate(gauge, 60, 'short')
    for (const { at } of events('shift', 6, gauge, short)) expect(at).toBeGreaterThanOrEqual(30)
    const hourly = find('hourly', 'white noise')
    for (const { at } of events('shift', 6, hourly, simulate(hourly, 300, 'short')))
      expect(at).toBeGreaterThanOrEqual(200)
    for (const { at } of events('shift', 6, hourly, simulate(hourly, 60, 'short'))) expect(at).toBe(36)
  })

  it('an event keeps away from holidays', () => {
    const revenue = find('daily', 'revenue')
    const year = simulate(revenue, 800, 'year')
    for (const { at, labelled } of events('shift', 6, revenue, year))
      for (const holiday of year.holidays)
        expect(holiday >= at - 1 && year.series.timestamps[holiday]! <= labelled.windows[0]!.to).toBe(false)
  })
})

describe.each(PROFILES.map((profile) => [`${profile.step} ${profile.name}`, profile] as const))(
  'events in %s',
  (_, profile: Profile) => {
    const all = eventSeries(profile, 3)

    it('stay within what can be', () => {
      expect(all.length).toBeGreaterThan(60)
      for (const { labelled } of all) {
        expect(Math.min(...labelled.series.values)).toBeGreaterThanOrEqual(profile.lower)
        expect(Math.max(...labelled.series.values)).toBeLessThanOrEqual(profile.upper)
        if (profile.whole) expect(labelled.series.values.every(Number.isInteger)).toBe(true)
      }
    })

    it('are the same again, in series of names of their own', () => {
      const first = digests(eventSeries(profile, 1))
      expect(digests(eventSeries(profile, 3))).toEqual(digests(all))
      expect(first).toEqual(digests(all).slice(0, first.length))
      expect(new Set(all.map(({ labelled }) => labelled.name)).size).toBe(all.length)
    })
  },
)

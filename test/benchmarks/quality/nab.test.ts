import { describe, expect, it } from 'vitest'
import {
  addNabCounts,
  NAB_PROFILE_NAMES,
  NAB_PROFILES,
  type NabProfile,
  nabCounts,
  nabLoss,
  nabScore,
  probationOf,
} from '../../../benchmarks/quality/nab.ts'
import type { PointWindow } from '../../../benchmarks/quality/windows.ts'
import { createRandom, type Random } from '../../../src/core/random.ts'

const { standard, lowFP, lowFN } = NAB_PROFILES
/** 100 points, 15 of them probation; ten points are labelled. */
const series = { points: 100, windows: [{ first: 50, last: 59 }] }
const logistic = (position: number) => 2 / (1 + Math.exp(5 * position)) - 1
const score = (alerts: readonly number[], profile: NabProfile = standard, of = series) =>
  nabScore(nabCounts(alerts, of), profile)

/** The definition, row by row: what each row would add to the raw score if it alerted. */
function slowRaw(
  alerts: readonly number[],
  { points, windows, profile }: { points: number; windows: readonly PointWindow[]; profile: NabProfile },
): number {
  let raw = 0
  for (const { first, last } of windows) {
    if (last < probationOf(points)) continue
    const gains = alerts
      .filter((row) => row >= probationOf(points) && row >= first && row <= last)
      .map((row) => (profile.hit * logistic(-(last - row + 1) / (last - first + 1))) / logistic(-1))
    raw += gains.length === 0 ? -profile.miss : Math.max(...gains)
  }
  for (const row of alerts) {
    if (row < probationOf(points)) continue
    if (windows.some(({ first, last }) => row >= first && row <= last)) continue
    const before = windows.filter(({ last }) => last < row).at(-1)
    const position = before === undefined ? Infinity : (row - before.last) / (before.last - before.first)
    raw += profile.falseAlarm * (position > 3 ? -1 : logistic(position))
  }
  return raw
}

function randomCase(random: Random) {
  const points = 20 + random.int(300)
  const windows: PointWindow[] = []
  for (let at = random.int(60); at < points; at += 1 + random.int(60)) {
    const last = Math.min(points - 1, at + random.int(25))
    windows.push({ first: at, last })
    at = last + 1
  }
  const density = random.next() ** 2
  const alerts = Array.from({ length: points }, (_, i) => i).filter(() => random.next() < density)
  return { points, windows, alerts }
}

describe('the NAB score', () => {
  it('is 0 for a detector that never alerts and 100 for one that alerts at the start of each window', () => {
    for (const profile of NAB_PROFILE_NAMES.map((name) => NAB_PROFILES[name])) {
      expect(score([], profile)).toBe(0)
      expect(score([50], profile)).toBeCloseTo(100, 12)
    }
  })

  it('pays less the later the alert, and a little for one on the last point', () => {
    expect(score([54])).toBeCloseTo(50 + (50 * logistic(-0.6)) / logistic(-1), 12)
    expect(score([59])).toBeCloseTo(50 + (50 * logistic(-0.1)) / logistic(-1), 12)
    expect(score([59])).toBeGreaterThan(50)
  })

  it('counts the first alert of a window and no other', () => {
    expect(score([52, 53, 59])).toBe(score([52]))
  })

  it('takes less for an alert just after a window than for one far from any', () => {
    expect(score([60])).toBeCloseTo(50 * 0.11 * logistic(1 / 9), 12)
    expect(score([49])).toBeCloseTo(-50 * 0.11, 12)
    expect(score([99])).toBeCloseTo(-50 * 0.11, 12)
    expect(score([60])).toBeGreaterThan(score([64]))
    expect(score([49], lowFP)).toBeCloseTo(-50 * 0.22, 12)
    expect(score([49], lowFN)).toBeCloseTo((-100 * 0.11) / 3, 12)
  })

  it('gives a window of one point no grace', () => {
    expect(score([51], standard, { points: 100, windows: [{ first: 50, last: 50 }] })).toBeCloseTo(-5.5, 12)
  })

  it('ignores the probation period: 15 % of the points, 750 at most', () => {
    expect([probationOf(100), probationOf(5000), probationOf(100_000), probationOf(0)]).toEqual([
      15, 750, 750, 0,
    ])
    expect(score([0, 14])).toBe(0)
    expect(score([15])).toBeCloseTo(-5.5, 12)
    const early = { points: 100, windows: [{ first: 3, last: 9 }, ...series.windows] }
    expect(score([50], standard, early)).toBeCloseTo(100, 12)
    const across = { points: 100, windows: [{ first: 10, last: 19 }] }
    expect(score([12], standard, across)).toBe(0)
    expect(score([12, 15], standard, across)).toBeCloseTo(50 + (50 * logistic(-0.5)) / logistic(-1), 12)
  })

  it('has no value without a window, but its loss is what the false alarms cost', () => {
    const counts = nabCounts([20, 30], { points: 100, windows: [] })
    expect(nabScore(counts, standard)).toBeNaN()
    expect(nabLoss(counts, standard)).toBeCloseTo(0.22, 12)
  })

  it('is that of the definition, row by row, for random alerts and windows', () => {
    const random = createRandom(1)
    for (let trial = 0; trial < 500; trial++) {
      const { points, windows, alerts } = randomCase(random)
      const counts = nabCounts(alerts, { points, windows })
      for (const profile of NAB_PROFILE_NAMES.map((name) => NAB_PROFILES[name])) {
        const raw = slowRaw(alerts, { points, windows, profile })
        expect(profile.hit * counts.windows - nabLoss(counts, profile)).toBeCloseTo(raw, 9)
      }
    }
  })

  it('adds up over series', () => {
    const all = addNabCounts([nabCounts([50], series), nabCounts([20], series), nabCounts([], series)])
    expect(nabScore(all, standard)).toBeCloseTo((100 + -5.5 + 0) / 3, 12)
  })
})

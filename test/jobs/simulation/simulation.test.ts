import { describe, expect, it } from 'vitest'
import { choosePlaces } from '../../../src/jobs/simulation/choose-places.ts'
import { type FoundOptions, smallestFound } from '../../../src/jobs/simulation/smallest-found.ts'
import { wouldAlert } from '../../../src/jobs/simulation/would-alert.ts'
import { joinScored } from '../../../src/models/join-scored.ts'
import type { ScoredSeries } from '../../../src/models/score-metric.ts'
import type { Probe, ProbedAnomaly } from '../../../src/models/simulation/probe-series.ts'
import { ANOMALY_KINDS } from '../../../src/timeseries/inject-anomaly.ts'

const MINUTE = 60_000

/** Points with these scores, one each minute from `start` on; a value is a hundred times its score. */
function scoredOf(scores: readonly number[], start = 0): ScoredSeries {
  const column = (value: (score: number, index: number) => number) => Float64Array.from(scores, value)
  return {
    timestamps: column((_, index) => (start + index) * MINUTE),
    scores: column((score) => score),
    values: column((score) => 100 * score),
    expected: column(() => Number.NaN),
    lower: column(() => Number.NaN),
    upper: column(() => Number.NaN),
    reasons: scores.map(() => ''),
    opinions: [],
  }
}

const policy = { threshold: 0.8, smoothN: 1, snoozeN: 2 }

describe('would alert', () => {
  it('decides each point when it comes, and passes over those without a score', () => {
    const { alerts, exceeds, thresholds } = wouldAlert(
      scoredOf([0, 0.9, 0.9, Number.NaN, 0.1, 0.1, 0.8]),
      policy,
    )
    expect([...alerts]).toEqual([0, 1, 0, 0, 0, 0, 1])
    expect([...exceeds]).toEqual([0, 1, 1, 0, 0, 0, 1])
    expect([...thresholds]).toEqual([0.8, 0.8, 0.8, Number.NaN, 0.8, 0.8, 0.8])
  })

  it('leaves it to a model that has a level of its own', () => {
    const scored = {
      ...scoredOf([0.5, 0.99, 0.99]),
      strangeness: Float64Array.of(1, 5, 5),
      levels: Float64Array.of(4, 4, 4),
      begins: Uint8Array.of(0, 1, 0),
    }
    const { alerts, exceeds, thresholds } = wouldAlert(scored, { ...policy, threshold: null })
    expect([...alerts]).toEqual([0, 1, 0])
    expect([...exceeds]).toEqual([0, 1, 1])
    expect(thresholds.every(Number.isNaN)).toBe(true)
  })

  it('of nothing is nothing', () => {
    expect(wouldAlert(scoredOf([]), policy).alerts).toHaveLength(0)
  })
})

describe('places of injected anomalies', () => {
  const options = { metric: 'm', count: 10, within: 10, quietBefore: 5 }
  const ground = (count: number, strange: readonly number[] = []) => ({
    timestamps: Float64Array.from({ length: count }, (_, index) => index * MINUTE),
    strange: Uint8Array.from({ length: count }, (_, index) => Number(strange.includes(index))),
  })
  const places = (...given: Parameters<typeof ground>) =>
    choosePlaces(ground(...given), options).map((time) => time / MINUTE)

  it('are one in each part of the last third, with room behind them, the same every time', () => {
    const chosen = places(300)
    expect(chosen).toEqual(places(300))
    expect(chosen).not.toEqual(
      choosePlaces(ground(300), { ...options, metric: 'n' }).map((time) => time / MINUTE),
    )
    // 91 places to begin at, in ten parts.
    expect(chosen.map((place) => Math.ceil(((place - 199) * 10) / 91) - 1)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(Math.max(...chosen)).toBeLessThanOrEqual(290)
  })

  it('are quiet before and while they are looked at', () => {
    const strange = [205, 231, 266]
    const chosen = places(300, strange)
    expect(chosen.length).toBeGreaterThanOrEqual(6)
    for (const place of chosen)
      for (const each of strange) expect(each >= place - 5 && each < place + 10).toBe(false)
  })

  it('are few in a short series, and none where there is no quiet', () => {
    expect(places(18)).toEqual([])
    expect(places(36)).toHaveLength(3)
    expect(places(0)).toEqual([])
    expect(
      places(
        300,
        Array.from({ length: 40 }, (_, i) => 200 + i * 3),
      ),
    ).toEqual([])
  })
})

describe('the smallest anomaly that is found', () => {
  /** Ten quiet points, and anomalies at the sixth whose middle one of three points has a score by kind and size. */
  const quiet = scoredOf(new Array<number>(10).fill(0.1))
  function probeOf(scoreOf: (trial: Pick<ProbedAnomaly, 'kind' | 'size'>, place: number) => number): Probe {
    const trials: ProbedAnomaly[] = []
    const blocks: ScoredSeries[] = []
    for (let place = 0; place < 5; place++)
      for (const kind of ANOMALY_KINDS)
        for (const size of kind === 'flat line' ? [4] : [1, 2, 4]) {
          blocks.push(scoredOf([0.1, scoreOf({ kind, size }, place), 0.1], 5))
          trials.push({ kind, size, at: 5 * MINUTE, begin: trials.length * 3, end: trials.length * 3 + 3 })
        }
    return { noise: 1, trials, scored: joinScored(blocks) }
  }
  const options: FoundOptions = { share: 0.8, reach: 5, policy, alwaysAlerts: () => false }
  const found = (probe: Probe, more: Partial<FoundOptions> = {}) =>
    smallestFound(probe, { scored: quiet, verdict: wouldAlert(quiet, policy) }, { ...options, ...more })
  const of = (kind: string, ...given: Parameters<typeof found>) =>
    found(...given).find((each) => each.kind === kind)

  it('is of the smallest size from which on enough trials alert', () => {
    const probe = probeOf(({ kind, size }, place) => {
      // Found by chance when it is small, and not when it is larger.
      if (kind === 'dip') return size === 1 || size === 4 ? 0.9 : 0.1
      return size >= 2 && place > 0 ? 0.9 : 0.1
    })
    expect(of('spike', probe)).toEqual({ kind: 'spike', size: 2, share: 0.8 })
    expect(of('dip', probe)).toEqual({ kind: 'dip', size: 4, share: 1 })
    expect(of('flat line', probe)).toEqual({ kind: 'flat line', size: 0, share: 0.8 })
    expect(found(probe).map(({ kind }) => kind)).toEqual(ANOMALY_KINDS)
  })

  it('is none where too few do at the largest size', () => {
    const probe = probeOf((_, place) => (place < 2 ? 0.9 : 0.1))
    expect(of('spike', probe)).toEqual({ kind: 'spike', size: null, share: 0.4 })
    expect(of('flat line', probe)).toEqual({ kind: 'flat line', size: null, share: 0.4 })
  })

  it('is smoothed together with the points before it', () => {
    const probe = probeOf(({ size }) => (size === 4 ? 1 : 0.9))
    expect(of('spike', probe, { policy: { ...policy, threshold: 0.55, smoothN: 2 } })?.size).toBe(4)
    expect(of('spike', probe, { policy: { ...policy, threshold: 0.5, smoothN: 2 } })?.size).toBe(1)
  })

  it('is found where a value alerts by itself', () => {
    const probe = probeOf(({ size }) => size / 8)
    expect(of('spike', probe)?.size).toBeNull()
    expect(of('spike', probe, { alwaysAlerts: (value) => value > 20 })?.size).toBe(2)
  })

  it('goes by the threshold that a budget had at its place', () => {
    const probe = probeOf(({ size }) => 0.5 + size / 20)
    const verdict = { ...wouldAlert(quiet, policy), thresholds: new Float64Array(10).fill(0.58) }
    const budget = { threshold: null, smoothN: 1, snoozeN: 2, budget: 1 / MINUTE }
    const [spike] = smallestFound(probe, { scored: quiet, verdict }, { ...options, policy: budget })
    expect(spike).toEqual({ kind: 'spike', size: 2, share: 1 })
  })
})

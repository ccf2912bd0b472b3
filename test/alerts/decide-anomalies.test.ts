import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAnomalyPolicy } from '../../src/alerts/anomaly-policy.ts'
import { type AnomalyQuestion, decideAnomalies } from '../../src/alerts/decide-anomalies.ts'

const defaults: AnomalyQuestion = { threshold: 0.8, smoothN: 3, snoozeN: 3, recentN: 1, raised: new Set() }

const pointsOf = (scores: readonly number[]) => ({
  timestamps: Float64Array.from(scores, (_, index) => index * 60_000),
  scores: Float64Array.from(scores),
})

/** Timestamps, in minutes, of the points that alert. */
const decide = (scores: readonly number[], question: Partial<AnomalyQuestion> = {}) =>
  decideAnomalies(pointsOf(scores), { ...defaults, ...question }).map(({ index }) => index)

const minutes = (...values: number[]) => new Set(values.map((value) => value * 60_000))

describe('decideAnomalies', () => {
  it('alerts on the newest point when the mean of its newest three scores reaches the threshold', () => {
    expect(decide([0, 0, 0.7, 0.8, 0.9])).toEqual([4])
  })

  it('takes a mean that is the threshold but for rounding noise as reached', () => {
    expect(decide([0.7, 0.8, 0.9])).toEqual([2])
    expect((0.7 + 0.8 + 0.9) / 3).toBeLessThan(0.8)
  })

  it('gives the smoothed score with the decision', () => {
    const [decision] = decideAnomalies(pointsOf([0.9, 0.9, 0.93]), defaults)
    expect(decision?.smoothed).toBeCloseTo(0.91, 10)
  })

  it('smooths over as many scores as there are', () => {
    expect(decide([0.9])).toEqual([0])
  })

  it('uses the score itself when smoothing is 0 or 1', () => {
    expect(decide([0, 0, 0.8], { smoothN: 0 })).toEqual([2])
    expect(decide([0, 0, 0.8], { smoothN: 1 })).toEqual([2])
  })

  it('looks at points that were scored since the last look, however old they are', () => {
    expect(decide([1, 1, 0, 0, 0, 0], { isNew: (index) => index >= 1 })).toEqual([1])
  })

  it('alerts on the newest point whatever its score when told to always, but once', () => {
    expect(decide([0, 0], { always: true })).toEqual([1])
    expect(decide([0, 0], { always: true, raised: minutes(1) })).toEqual([])
  })

  it('takes an anomaly that lasts, or flaps at the threshold, for one', () => {
    const lasting = { isNew: () => true, smoothN: 1 }
    expect(decide([0, 1, 1, 1, 1, 1, 1, 1, 1, 1], lasting)).toEqual([1])
    expect(decide([0, 1, 0, 1, 0, 0, 1, 0, 1, 0], lasting)).toEqual([1])
    expect(decide([0, 1, 1, 0, 0, 0, 1, 1], lasting)).toEqual([1, 6])
  })

  it('knows an anomaly that began before the points it is shown', () => {
    const scores = new Array<number>(20).fill(1)
    expect(decide(scores, { raised: new Set([-60_000]) })).toEqual([])
    expect(decide(scores, { raised: new Set() })).toEqual([19])
  })

  it('alerts on every exceeding point when the snooze is 0', () => {
    expect(decide([0, 1, 1, 1], { isNew: () => true, smoothN: 1, snoozeN: 0 })).toEqual([1, 2, 3])
  })

  it('finds nothing in no points', () => {
    expect(decide([])).toEqual([])
  })
})

describe('bugs of the original', () => {
  it('3.1 bug 1: a lone score of .85 after 31 zeros is smoothed and does not alert', () => {
    expect(decide([...new Array<number>(31).fill(0), 0.85])).toEqual([])
  })

  it('3.1 bug 1: an older point is smoothed with its past, not with its future', () => {
    expect(decide([0, 0, 0, 1, 1, 1], { recentN: 6, snoozeN: 0 })).toEqual([5])
  })

  it('3.1 bug 1: the window is alert_smooth_n wide, not one wider', () => {
    expect(decide([0, 0.8, 0.8, 0.8])).toEqual([3])
  })

  it('3.1 bug 2: an alert at one of the previous alert_snooze_n points snoozes, one further back does not', () => {
    const scores = [1, 1, 1, 1, 1, 1]
    expect(decide(scores, { raised: minutes(4) })).toEqual([])
    expect(decide([0, 0, 1, 0, 0, 1], { raised: minutes(2), smoothN: 1 })).toEqual([])
    expect(decide([0, 1, 0, 0, 0, 1], { raised: minutes(1), smoothN: 1 })).toEqual([5])
  })

  it('3.1 bug 2: a point that has alerted never alerts again', () => {
    expect(decide([1, 1, 1], { raised: minutes(2) })).toEqual([])
  })

  it('3.1 bug 3: a firing metric does not bring back its earlier alerts', () => {
    expect(decide([1, 1, 1, 0, 0, 0, 0, 1, 1, 1], { raised: minutes(2) })).toEqual([9])
  })

  it('3.1 bug 4: with alert_recent_n above 1 every trigger is a decision, saved and sent alike', () => {
    expect(decide([0, 1, 1, 1, 0, 0, 0], { recentN: 4 })).toEqual([3])
  })
})

const scoresOf = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 })
const settingsOf = fc.record({
  threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  smoothN: fc.nat(6),
  snoozeN: fc.nat(6),
})

describe('properties', () => {
  it('never alerts within snoozeN points of an earlier alert', () => {
    fc.assert(
      fc.property(scoresOf, settingsOf, fc.integer({ min: 1, max: 60 }), (scores, settings, recentN) => {
        const alerts = decide(scores, { ...settings, recentN })
        for (const [i, index] of alerts.slice(1).entries())
          expect(index - alerts[i]!).toBeGreaterThan(settings.snoozeN)
      }),
    )
  })

  it('decides in bulk what the streaming policy decides point by point', () => {
    fc.assert(
      fc.property(scoresOf, settingsOf, (scores, settings) => {
        const policy = createAnomalyPolicy(settings)
        const streamed = scores.flatMap((score, index) => (policy.next({ score }).alert ? [index] : []))
        expect(decide(scores, { ...settings, recentN: scores.length })).toEqual(streamed)
      }),
    )
  })

  it('decides the same whether it looks after every point or once at the end', () => {
    fc.assert(
      fc.property(scoresOf, settingsOf, (scores, settings) => {
        const raised = new Set<number>()
        scores.forEach((_, end) => {
          for (const index of decide(scores.slice(0, end + 1), { ...settings, raised: new Set(raised) }))
            raised.add(index * 60_000)
        })
        const atOnce = decide(scores, { ...settings, isNew: () => true })
        expect([...raised].map((timestamp) => timestamp / 60_000)).toEqual(atOnce)
      }),
    )
  })

  it('decides nothing new when it is asked again', () => {
    fc.assert(
      fc.property(scoresOf, settingsOf, (scores, settings) => {
        const first = decide(scores, { ...settings, isNew: () => true })
        expect(decide(scores, { ...settings, isNew: () => true, raised: minutes(...first) })).toEqual([])
      }),
    )
  })
})

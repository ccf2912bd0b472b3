import { describe, expect, it } from 'vitest'
import {
  type AnomalyPolicySettings,
  createAnomalyPolicy,
  type PolicyPoint,
} from '../../src/alerts/anomaly-policy.ts'
import { type AnomalyQuestion, decideAnomalies, judgeAnomalies } from '../../src/alerts/decide-anomalies.ts'

const plain: AnomalyPolicySettings = { threshold: null, smoothN: 1, snoozeN: 3 }

/** Points of a model that decides by itself: strangeness, `!` where an alert begins. */
function ownPoints(text: string): PolicyPoint[] {
  return text.split(' ').map((word) => {
    const strangeness = Number.parseFloat(word)
    return { score: 0.1, strangeness, level: 2, begins: word.endsWith('!') }
  })
}

const alertsAt = (points: readonly PolicyPoint[], settings: Partial<AnomalyPolicySettings> = {}) => {
  const policy = createAnomalyPolicy({ ...plain, ...settings })
  return points.flatMap((point, index) =>
    policy.next({ timestamp: index * 60_000, ...point }).alert ? [index] : [],
  )
}
const scored = (...scores: number[]): PolicyPoint[] => scores.map((score) => ({ score }))

describe('a model that decides by itself', () => {
  it('alerts where it says that an alert begins, and nowhere else', () => {
    expect(alertsAt(ownPoints('0 1 3! 4 2 0 5 0 6! 0'))).toEqual([2, 8])
  })

  it('is not smoothed and not snoozed', () => {
    expect(alertsAt(ownPoints('3! 3! 0 3!'), { smoothN: 9, snoozeN: 50 })).toEqual([0, 1, 3])
  })

  it('gives way to an explicit threshold', () => {
    const points = ownPoints('3! 3 0').map((point, index) => ({ ...point, score: index === 1 ? 0.9 : 0 }))
    expect(alertsAt(points, { threshold: 0.8 })).toEqual([1])
  })

  it('may be missing: then the score counts from 0.8 on', () => {
    expect(alertsAt(scored(0, 0.79, 0.8))).toEqual([2])
    expect(alertsAt([...scored(0.9), ...ownPoints('1 1 1 3!')])).toEqual([0, 4])
    expect(
      alertsAt([
        { score: 0.9, level: null },
        { score: 0.9, level: Number.NaN },
      ]),
    ).toEqual([0])
  })

  it('alerts only after a recovery where alert_recover_n asks for one', () => {
    expect(alertsAt(ownPoints('3! 0 3! 0 0 3!'))).toEqual([0, 2, 5])
    expect(alertsAt(ownPoints('3! 0 3! 0 0 3!'), { recoverN: 2 })).toEqual([0, 5])
  })

  it('says what it compared', () => {
    const policy = createAnomalyPolicy(plain)
    expect(policy.next(ownPoints('3!')[0]!)).toMatchObject({ exceeds: true, alert: true })
    expect(policy.next(ownPoints('3!')[0]!).threshold).toBeUndefined()
    expect(policy.next({ score: 0.2 }).threshold).toBe(0.8)
  })
})

describe('alert_min_duration', () => {
  it('waits for so many points in a row', () => {
    expect(alertsAt(scored(0.9, 0, 0.9, 0.9, 0, 0.9, 0.9, 0.9, 0.9), { minDuration: 3 })).toEqual([7])
  })

  it('waits where the model decides, and then alerts once', () => {
    expect(alertsAt(ownPoints('3! 0 0 0 3! 3 3 3'), { minDuration: 3 })).toEqual([6])
    expect(alertsAt(ownPoints('3! 3 0 0 0 3 3 3'), { minDuration: 3 })).toEqual([])
  })

  it('says how long it has lasted', () => {
    const [first] = judgeAnomalies(
      { timestamps: Float64Array.of(0), scores: Float64Array.of(1) },
      { ...plain, minDuration: 2, recentN: 1, raised: new Set() },
    )
    expect(first).toMatchObject({ alert: false, heldBack: 'it has lasted 1 of 2 points' })
  })
})

describe('alert_recover_n', () => {
  it('keeps quiet until so many points were below', () => {
    const flapping = scored(0.9, 0, 0.9, 0, 0, 0.9)
    expect(alertsAt(flapping, { snoozeN: 2 })).toEqual([0, 5])
    expect(alertsAt(flapping, { snoozeN: 0 })).toEqual([0, 2, 5])
    expect(alertsAt(flapping, { snoozeN: 0, recoverN: 2 })).toEqual([0, 5])
    expect(alertsAt(flapping, { snoozeN: 0, recoverN: 3 })).toEqual([0])
  })
})

describe('what is held back', () => {
  const upOnly: AnomalyPolicySettings['holdsBack'] = ({ stretch: { change } }) =>
    change !== undefined && change < 0 ? 'down' : undefined
  const at = (score: number, value: number, expected: number): PolicyPoint => ({ score, value, expected })

  it('may alert later in the same anomaly, once nothing holds it back', () => {
    const points = [at(0, 10, 10), at(1, 5, 10), at(1, 5, 5), at(1, 40, 5), at(1, 40, 40), at(0, 10, 40)]
    expect(alertsAt(points, { holdsBack: upOnly })).toEqual([3])
    const own = points.map((point, index) => ({
      ...point,
      level: 2,
      strangeness: point.score * 3,
      begins: index === 1,
    }))
    expect(alertsAt(own, { holdsBack: upOnly })).toEqual([3])
  })

  it('does not take the way back from a peak for a move of its own', () => {
    const spike = (size: number) => [
      at(0, 10, 10),
      at(0.5, 10 + size, 10),
      at(1, 10 - size / 50, 10 + size),
      at(1, 10, 10 - size / 50),
      at(1, 10, 10),
      at(0, 10, 10),
    ]
    expect(alertsAt(spike(50), { holdsBack: upOnly, smoothN: 2, threshold: 0.7 })).toEqual([2])
    expect(alertsAt(spike(-50), { holdsBack: upOnly, smoothN: 2, threshold: 0.7 })).toEqual([])
  })

  it('is carried on from before the points at hand, unless that has alerted', () => {
    const muted: AnomalyPolicySettings['holdsBack'] = ({ timestamp }) =>
      timestamp < 115 ? 'muted' : undefined
    const points = {
      timestamps: Float64Array.of(100, 110, 120),
      scores: Float64Array.of(1, 1, 1),
      about: () => ({ value: 9, expected: 1 }),
    }
    const own = {
      ...points,
      about: () => ({ value: 9, expected: 1, strangeness: 3, level: 2, begins: false }),
    }
    const question: AnomalyQuestion = { ...plain, recentN: 1, raised: new Set(), holdsBack: muted }
    const indices = (at: typeof points | typeof own, more: Partial<AnomalyQuestion>) =>
      decideAnomalies(at, { ...question, ...more }).map(({ index }) => index)
    for (const each of [points, own]) {
      expect(indices(each, { pending: true })).toEqual([2])
      expect(indices(each, { pending: true, raised: new Set([50]) })).toEqual([])
      expect(indices(each, { pending: true, raised: new Set([50]), over: new Set([50]) })).toEqual([2])
    }
    // A model that alerted before says by itself when it does again.
    expect(indices(points, { raised: new Set([50]), over: new Set([50]) })).toEqual([2])
    expect(indices(own, { raised: new Set([50]), over: new Set([50]) })).toEqual([])
  })

  it('is not held back where nothing was expected', () => {
    expect(alertsAt([{ score: 1, value: -5, expected: null }], { holdsBack: upOnly })).toEqual([0])
  })

  it('does not keep alert_always from alerting', () => {
    const question: AnomalyQuestion = { ...plain, recentN: 1, raised: new Set(), always: true }
    const points = { timestamps: Float64Array.of(0), scores: Float64Array.of(1) }
    expect(decideAnomalies(points, { ...question, holdsBack: () => 'never' })).toHaveLength(1)
  })
})

describe('looking after every point', () => {
  it.each([
    [
      'scores',
      (i: number): PolicyPoint => ({
        score: ((Math.floor(i / 3) * 37) % 11) / 10,
        value: i % 7,
        expected: 3,
      }),
    ],
    [
      'a model that decides',
      (i: number): PolicyPoint => ({
        score: 0,
        value: i % 7,
        expected: 3,
        strangeness: (Math.floor(i / 3) * 37) % 11,
        level: 6,
        begins: i % 3 === 0 && (Math.floor(i / 3) * 37) % 11 >= 6,
      }),
    ],
  ])('of %s gives the alerts of one look at the end', (_, pointAt) => {
    const settings: AnomalyPolicySettings = {
      ...plain,
      snoozeN: 2,
      minDuration: 2,
      holdsBack: ({ stretch: { change = 0 } }) => (change < 0 ? 'down' : undefined),
    }
    const question = (until: number, raised: ReadonlySet<number>) => ({
      points: {
        timestamps: Float64Array.from({ length: until }, (__, index) => index),
        scores: Float64Array.from({ length: until }, (__, index) => pointAt(index).score),
        about: pointAt,
      },
      question: { ...settings, recentN: 1, raised },
    })
    const raised = new Set<number>()
    for (let until = 1; until <= 200; until++) {
      const look = question(until, new Set(raised))
      for (const { index } of decideAnomalies(look.points, look.question)) raised.add(index)
    }
    const once = question(200, new Set())
    const atOnce = decideAnomalies(once.points, { ...once.question, isNew: () => true })
    expect([...raised]).toEqual(atOnce.map(({ index }) => index))
    expect(raised.size).toBeGreaterThan(1)
  })
})

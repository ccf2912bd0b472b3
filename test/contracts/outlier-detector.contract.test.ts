import { describe, expect, it } from 'vitest'
import { detectors } from '../../src/detectors/index.ts'
import { fitDetector, restoreDetector } from '../../src/detectors/outlier-detector.ts'
import { labelledRows, NOT_SEPARATING } from '../detectors/labelled.ts'
import { areaUnderCurve } from '../detectors/samples.ts'

/** What PyOD asks of each of its detectors, asked of each of ours. */
const CONTAMINATION = 0.1
/** PyOD's own floor is 0.8. */
const FLOOR = 0.8
/** Probabilities near 1 are rounded. */
const ROUNDING = 1e-14

// Those that know the time have rows of their own kind, and tests of their own.
const untimed = [...detectors.values()].filter(({ family }) => family !== 'timed')

describe.each(untimed)('$name as an outlier detector', (definition) => {
  const train = labelledRows(definition, 200, 1)
  const test = labelledRows(definition, 100, 2)
  const options = { contamination: CONTAMINATION }
  const detector = fitDetector(definition, train.data, { options })
  const share = (labels: ArrayLike<number>, label: number) =>
    Array.from(labels).filter((each) => each === label).length / labels.length

  it('has the score of each training row, and a threshold among them', () => {
    expect(detector.trainScores).toHaveLength(train.data.rows)
    expect(Number.isFinite(detector.threshold)).toBe(true)
  })

  it('separates outliers in training and afterwards', () => {
    if (NOT_SEPARATING.has(definition.name)) return
    expect(areaUnderCurve(detector.trainScores, train.labels)).toBeGreaterThan(FLOOR)
    expect(areaUnderCurve(detector.score(test.data), test.labels)).toBeGreaterThan(FLOOR)
  })

  it('labels about the share of contamination', () => {
    const labels = detector.label(train.data)
    expect(labels.every((label) => label === 0 || label === 1)).toBe(true)
    // Detectors that judge a training row with itself left out, or before they learned from it, may differ a little.
    expect(share(labels, 1)).toBeLessThanOrEqual(2 * CONTAMINATION)
    expect([...labels]).toEqual(
      Array.from(detector.score(train.data), (score) => (score > detector.threshold ? 1 : 0)),
    )
  })

  it.each(['linear', 'unify'] as const)('gives %s probabilities that rise with the score', (method) => {
    const scores = detector.score(test.data)
    const probabilities = detector.probability(test.data, method)
    expect(probabilities.every((each) => each >= 0 && each <= 1)).toBe(true)
    const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
    for (let i = 1; i < order.length; i++)
      expect(probabilities[order[i]!]!).toBeGreaterThanOrEqual(probabilities[order[i - 1]!]! - ROUNDING)
  })

  it('says how sure it is of each label, and rejects more as more is asked for', () => {
    const confidence = detector.confidence(test.data)
    expect(confidence.every((each) => each >= 0 && each <= 1)).toBe(true)
    const rejected = [0.7, 4, 32].map((tolerance) => share(detector.labelOrReject(test.data, tolerance), -2))
    expect(rejected[0]!).toBeLessThanOrEqual(rejected[1]!)
    expect(rejected[1]!).toBeLessThanOrEqual(rejected[2]!)
    const labels = detector.label(test.data)
    detector.labelOrReject(test.data, 4).forEach((label, row) => {
      expect([labels[row], -2]).toContain(label)
    })
    const { expectedRate } = detector.rejection({ tolerance: 4 })
    expect(expectedRate).toBeGreaterThan(0)
    expect(expectedRate).toBeLessThan(1)
  })

  it('ranks rows among the training rows', () => {
    const scores = detector.score(test.data)
    const ranks = detector.rank(test.data)
    const shares = detector.rank(test.data, { normalized: true })
    ranks.forEach((rank, row) => {
      expect(rank).toBe(detector.trainScores.filter((score) => score < scores[row]!).length)
      expect(shares[row]).toBeCloseTo(rank / train.data.rows, 12)
    })
  })

  it('is the same after it was saved and restored', () => {
    const restored = restoreDetector(definition, structuredClone(detector.saved))
    expect(restored.score(test.data)).toEqual(detector.score(test.data))
    expect(restored.confidence(test.data)).toEqual(detector.confidence(test.data))
    expect(restored.labelOrReject(test.data)).toEqual(detector.labelOrReject(test.data))
    expect(restored.rank(test.data)).toEqual(detector.rank(test.data))
    expect(restored.explain(test.data)).toEqual(detector.explain(test.data))
  })

  it('has values to try that it accepts', () => {
    for (const [name, values] of Object.entries(definition.tuning ?? {}))
      for (const value of values)
        expect(definition.options.safeParse({ [name]: value }).success, `${name}: ${String(value)}`).toBe(
          true,
        )
  })
})

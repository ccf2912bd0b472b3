import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { evt } from '../../../src/detectors/thresholds/evt.ts'
import { createSpot } from '../../../src/detectors/thresholds/spot.ts'
import { tailQuantile } from '../../../src/detectors/thresholds/tail.ts'

const exponential = (count: number, seed: number) => {
  const random = createRandom(seed)
  return Float64Array.from({ length: count }, () => -Math.log(1 - random.next()))
}

it('is near the true quantile of an exponential distribution', () => {
  const limits = Array.from({ length: 20 }, (_, seed) => evt(exponential(5000, seed), { risk: 1e-4 }))
  const mean = limits.reduce((sum, limit) => sum + limit, 0) / limits.length
  // -ln 0.0001 = 9.21
  expect(mean).toBeGreaterThan(8)
  expect(mean).toBeLessThan(10.5)
})

it('knows the quantile of a tail', () => {
  expect(tailQuantile({ shape: 0, scale: 2 }, 0.001, 0.02)).toBeCloseTo(2 * Math.log(20), 12)
  expect(tailQuantile({ shape: 0.5, scale: 2 }, 0.001, 0.02)).toBeCloseTo((2 / 0.5) * (Math.sqrt(20) - 1), 12)
})

it('falls with the risk', () => {
  const scores = exponential(2000, 3)
  expect(evt(scores, { risk: 1e-2 })).toBeLessThan(evt(scores, { risk: 1e-3 }))
  expect(evt(scores, { risk: 1e-3 })).toBeLessThan(evt(scores, { risk: 1e-4 }))
})

it('is the greatest score where more are above the level than the risk allows for', () => {
  expect(evt(Float64Array.of(1, 2, 3, 4), { risk: 0.9 })).toBe(4)
})

describe('a stream', () => {
  it('raises alarms as often as it may', () => {
    const spot = createSpot(exponential(2000, 5), { risk: 1e-3 })
    let alarms = 0
    for (const score of exponential(10_000, 6)) if (spot.judge(score)) alarms++
    expect(alarms).toBeGreaterThan(1)
    expect(alarms).toBeLessThan(30)
  })

  it('does not learn what is above the threshold', () => {
    const spot = createSpot(exponential(1000, 7))
    const before = spot.threshold
    expect(spot.judge(1e6)).toBe(true)
    expect(spot.threshold).toBe(before)
  })

  it('learns from high scores below it', () => {
    const spot = createSpot(exponential(1000, 7))
    const before = spot.threshold
    for (let i = 0; i < 20; i++) expect(spot.judge(before * 0.95)).toBe(false)
    expect(spot.threshold).toBeGreaterThan(before)
  })
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { ANOMALY_KINDS, drawInjection, injectAnomaly, noiseOf } from '../../src/timeseries/inject-anomaly.ts'
import { gauss } from '../detectors/samples.ts'

const random = createRandom(3)
const values = Float64Array.from({ length: 400 }, (_, i) => 100 + i / 10 + 2 * gauss(random))

describe('noise', () => {
  it('is the standard deviation of what a trend is covered with', () => {
    expect(noiseOf(values)).toBeGreaterThan(1.6)
    expect(noiseOf(values)).toBeLessThan(2.4)
  })

  it('passes over gaps', () => {
    const gappy = values.slice()
    for (let i = 0; i < gappy.length; i += 10) gappy[i] = Number.NaN
    expect(noiseOf(gappy)).toBeGreaterThan(1.4)
    expect(noiseOf(gappy)).toBeLessThan(2.6)
  })

  it('of a series that mostly stands still is that of its values, and is never 0', () => {
    const still = new Float64Array(50).fill(5)
    still[10] = 15
    expect(noiseOf(still)).toBeCloseTo(Math.sqrt(2), 12)
    expect(noiseOf(new Float64Array(50).fill(-40))).toBe(0.4)
    expect(noiseOf(new Float64Array(50))).toBe(1)
    expect(noiseOf(Float64Array.of(7))).toBe(0.07)
    expect(noiseOf(new Float64Array())).toBe(1)
  })
})

describe('an injected anomaly', () => {
  const at = 200
  const inject = (kind: (typeof ANOMALY_KINDS)[number], size = 6, length = 10) =>
    injectAnomaly(values, { kind, at, length, size }, 2)

  it.each(ANOMALY_KINDS)('of kind %s changes its points alone, in a copy', (kind) => {
    const before = values.slice()
    const changed = inject(kind)
    expect(values).toEqual(before)
    for (let i = 0; i < values.length; i++)
      expect(changed[i] === values[i], String(i)).toBe(i < at || i >= at + 10)
  })

  it('is as high as it is asked to be', () => {
    expect(inject('spike')[at]! - values[at]!).toBeCloseTo(12, 9)
    expect(inject('dip')[at]! - values[at]!).toBeCloseTo(-12, 9)
    expect(inject('level shift', -6)[at + 5]! - values[at + 5]!).toBeCloseTo(-12, 9)
    expect(inject('trend break')[at + 9]! - values[at + 9]!).toBeCloseTo(12, 9)
    expect([...inject('flat line').subarray(at, at + 10)]).toEqual(Array<number>(10).fill(values[at - 1]!))
    const noisy = inject('variance change', 6, 100).subarray(at, at + 100)
    expect(noiseOf(noisy)).toBeGreaterThan(8)
  })

  it('leaves gaps, and stays within the series', () => {
    const gappy = values.slice()
    gappy[at + 1] = Number.NaN
    for (const kind of ANOMALY_KINDS) {
      const changed = injectAnomaly(gappy, { kind, at, length: 1000, size: 6 }, 2)
      expect(changed[at + 1]).toBeNaN()
      expect(changed).toHaveLength(400)
    }
  })

  it('is drawn within its stretch, and the same for the same seed', () => {
    for (const kind of ANOMALY_KINDS)
      for (let seed = 0; seed < 50; seed++) {
        const place = { from: 30, to: 40, longest: 8, size: 6 }
        const drawn = drawInjection(createRandom(seed), kind, place)
        expect(drawn).toEqual(drawInjection(createRandom(seed), kind, place))
        expect(drawn.at).toBeGreaterThanOrEqual(30)
        expect(drawn.at + drawn.length).toBeLessThanOrEqual(40)
        expect(drawn.length).toBeGreaterThanOrEqual(1)
        expect(Math.abs(drawn.size)).toBe(6)
      }
  })
})

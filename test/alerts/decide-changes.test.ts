import { describe, expect, it } from 'vitest'
import { type ChangeQuestion, decideChanges } from '../../src/alerts/decide-changes.ts'

const decide = (values: readonly number[], question: Partial<ChangeQuestion> = {}) =>
  decideChanges(
    { timestamps: Float64Array.from(values, (_, index) => index), values: Float64Array.from(values) },
    { threshold: 3.5, lastN: 1, snoozeN: 3, raised: new Set(), ...question },
  )

const steady = [10, 11, 9, 10, 12, 8, 10, 11, 9, 10]

describe('decideChanges', () => {
  it('gives the modified z-score 0.6745 · |x − median| / MAD', () => {
    const [change] = decide([...steady, 30])
    expect(change).toMatchObject({ index: 10, median: 10 })
    expect(change?.score).toBeCloseTo(0.6745 * 20, 10)
  })

  it('finds nothing in a usual value, in a short history, in one point, in none', () => {
    expect(decide([...steady, 12])).toEqual([])
    expect(decide([1, 2, 1, 2, 1, 1000])).toEqual([])
    expect(decide([1])).toEqual([])
    expect(decide([])).toEqual([])
  })

  it('does not change the values it is given', () => {
    const values = Float64Array.from([3, 1, 2, 3, 1, 2, 3, 1, 99])
    decideChanges(
      { timestamps: Float64Array.from(values, (_, i) => i), values },
      { threshold: 3.5, lastN: 1, snoozeN: 0, raised: new Set() },
    )
    expect([...values]).toEqual([3, 1, 2, 3, 1, 2, 3, 1, 99])
  })
})

describe('bugs of the original', () => {
  it('3.5: change detection fires on a jump from 10 to 1000', () => {
    expect(decide([...steady, 1000])).toHaveLength(1)
  })

  it('3.5: a tiny change after a constant history is not infinitely strange', () => {
    expect(decide([...new Array<number>(30).fill(100), 100.001])).toEqual([])
    expect(decide([...new Array<number>(30).fill(100), 140])).toHaveLength(1)
  })

  it('3.5: every score is finite, also after a history of zeros', () => {
    const [change] = decide([...new Array<number>(30).fill(0), 5])
    expect(Number.isFinite(change?.score)).toBe(true)
  })

  it('3.5: a history in which most points are equal still has a spread', () => {
    const mostly = [5, 5, 5, 5, 5, 5, 5, 4, 6, 5, 5, 5]
    expect(decide([...mostly, 6])).toEqual([])
    expect(decide([...mostly, 60])).toHaveLength(1)
  })

  it('3.5: a change that stands already is neither found again nor followed within the snooze', () => {
    expect(decide([...steady, 1000], { raised: new Set([10]) })).toEqual([])
    expect(decide([...steady, 1000, 1000], { raised: new Set([10]) })).toEqual([])
  })
})

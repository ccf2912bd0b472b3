import { describe, expect, it } from 'vitest'
import { chooseCandidate, rankCandidates } from '../../../src/models/search/choose-candidate.ts'

describe('ranking', () => {
  it('is by the mean over metrics, and keeps the order of equals', () => {
    const ranked = rankCandidates([
      [0.5, 0.9, 0.5],
      [0.7, 0.5, 0.7],
    ])
    expect(ranked.map(({ candidate }) => candidate)).toEqual([1, 0, 2])
    expect(ranked[0]).toMatchObject({ metrics: 2 })
    expect(ranked[0]!.mean).toBeCloseTo(0.7, 12)
  })

  it('counts a metric that only this candidate cannot judge as 0, and one that none can not at all', () => {
    const ranked = rankCandidates([
      [Number.NaN, 0.4],
      [0.6, 0.4],
      [Number.NaN, Number.NaN],
    ])
    expect(ranked.map(({ mean }) => mean)).toEqual([0.4, 0.3])
  })

  it('of nothing is nothing', () => {
    expect(rankCandidates([])).toEqual([])
    expect(rankCandidates([[Number.NaN]])).toEqual([])
  })
})

describe('choosing', () => {
  it('takes the better one when it is better everywhere', () => {
    expect(
      chooseCandidate(
        [
          [0.5, 0.8],
          [0.6, 0.9],
          [0.4, 0.75],
        ],
        0,
      ),
    ).toBe(1)
  })

  it('keeps what is in use when the difference may be chance', () => {
    expect(
      chooseCandidate(
        [
          [0.5, 0.9],
          [0.6, 0.35],
          [0.5, 0.45],
        ],
        0,
      ),
    ).toBe(0)
  })

  it('of one metric asks for a twentieth more', () => {
    expect(chooseCandidate([[0.5, 0.54]], 0)).toBe(0)
    expect(chooseCandidate([[0.5, 0.56]], 0)).toBe(1)
  })

  it('keeps what is in use when nothing could be judged', () => {
    expect(chooseCandidate([], 0)).toBe(0)
    expect(chooseCandidate([[Number.NaN, Number.NaN]], 0)).toBe(0)
  })
})

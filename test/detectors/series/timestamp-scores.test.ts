import { expect, it } from 'vitest'
import { slidingWindows, timestampScores } from '../../../src/detectors/series/timestamp-scores.ts'

it('gives the windows of a series, the newest value first', () => {
  expect(slidingWindows(Float64Array.of(1, 2, 3, 4), 3)).toEqual({
    data: Float64Array.of(3, 2, 1, 4, 3, 2),
    rows: 2,
    columns: 3,
  })
  expect(slidingWindows(Float64Array.of(1, 2), 3).rows).toBe(0)
})

it('gives each point the largest or the mean score of the windows that hold it', () => {
  const scores = Float64Array.of(5, 1, 2, 4)
  expect(timestampScores(scores, 3, 'max')).toEqual(Float64Array.of(5, 5, 5, 4, 4, 4))
  expect(timestampScores(scores, 2, 'mean')).toEqual(Float64Array.of(5, 3, 1.5, 3, 4))
  expect(timestampScores(scores, 1, 'max')).toEqual(scores)
  expect(timestampScores(new Float64Array(0), 3, 'mean')).toHaveLength(0)
})

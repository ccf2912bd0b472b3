import { expect, it } from 'vitest'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { joinWindows, windowOffsets } from '../../../src/detectors/series/windows.ts'
import { matrixOf } from '../samples.ts'

it('holds each value of overlapping windows once', () => {
  const series = Float64Array.from({ length: 60 }, (_, t) => t * t)
  const windows = slidingWindows(series, 10)
  const joined = joinWindows(windows)
  expect(joined.values).toEqual(series)
  expect(windowOffsets(joined)).toHaveLength(windows.rows)
  expect(joined.starts).toEqual(Int32Array.of(0))
})

it('begins a run where a window does not continue the one before', () => {
  const windows = matrixOf([
    [3, 2, 1],
    [4, 3, 2],
    [9, 8, 7],
    [10, 9, 8],
    [5, 4, 3],
  ])
  const joined = joinWindows(windows)
  expect([...joined.values]).toEqual([1, 2, 3, 4, 7, 8, 9, 10, 3, 4, 5])
  expect([...joined.starts]).toEqual([0, 4, 8])
  expect([...windowOffsets(joined)]).toEqual([0, 1, 4, 5, 8])
})

import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { spreadRows } from '../../../src/detectors/clustering/spread-rows.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

it.each([
  [1, 1, 1],
  [2, 1, 2],
  [50, 1, 1],
  [50, 7, 50],
])('takes of %d different rows of %d columns %d, each once', (rows, columns, count) => {
  const seeds = spreadRows(gaussianRows(rows, columns), count, createRandom(1))
  expect(seeds).toHaveLength(count)
  expect(new Set(seeds).size).toBe(count)
  expect(seeds.every((row) => row >= 0 && row < rows)).toBe(true)
})

it('takes all different rows before it takes one again', () => {
  const rows = matrixOf(Array.from({ length: 30 }, (_, i) => [i % 3, 1]))
  for (let seed = 0; seed < 20; seed++) {
    const seeds = spreadRows(rows, 5, createRandom(seed))
    expect(new Set(Array.from(seeds.subarray(0, 3), (row) => row % 3)).size).toBe(3)
    expect(seeds.every((row) => row >= 0 && row < 30)).toBe(true)
  }
})

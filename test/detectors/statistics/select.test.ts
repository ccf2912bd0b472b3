import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { selectRank } from '../../../src/detectors/statistics/select.ts'

it.each([
  ['random numbers', (i: number, next: () => number) => next() + 0 * i],
  ['many ties', (_: number, next: () => number) => Math.floor(next() * 4)],
  ['ascending', (i: number) => i],
  ['descending', (i: number) => -i],
  ['with infinities', (i: number) => (i % 7 === 0 ? Number.POSITIVE_INFINITY : -i)],
])('the value of every rank of %s', (_, value) => {
  const { next } = createRandom(3)
  const values = Float64Array.from({ length: 101 }, (_, i) => value(i, next))
  const sorted = values.slice().sort()
  for (let rank = 0; rank < 101; rank++) expect(selectRank(values.slice(), rank)).toBe(sorted[rank])
})

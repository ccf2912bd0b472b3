import { expect, it } from 'vitest'
import { bucketOf, guideFor } from '../../../src/detectors/statistics/guide.ts'

it.each([
  { values: [1] },
  { values: [2, 2, 2] },
  { values: [1, 2, 3, 4, 1e300] },
  { values: [-Number.MAX_VALUE, 0, 0, 1, Number.MAX_VALUE] },
  { values: [0, 5e-324, 1e-323] },
  { values: [-3, -1, -1, 0.5, 0.7, 8] },
])('every value of $values lies in its bucket, the lesser before it', ({ values }) => {
  const guide = guideFor(Float64Array.from(values))
  for (const value of [...values, -Number.MAX_VALUE, -1.5, 0.6, 2.5, 1e10, Number.MAX_VALUE]) {
    const bucket = bucketOf(guide, value)
    const [from, to] = [guide.starts[bucket]!, guide.starts[bucket + 1]!]
    expect(values.slice(0, from).every((other) => other < value)).toBe(true)
    expect(values.slice(to).every((other) => other > value)).toBe(true)
  }
})

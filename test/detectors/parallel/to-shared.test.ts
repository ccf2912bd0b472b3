import { expect, test } from 'vitest'
import { toShared } from '../../../src/detectors/parallel/to-shared.ts'

test('arrays are copied into shared memory, each once, and all else stays', () => {
  const values = Float64Array.of(1, 2, 3)
  const rows = {
    values,
    part: values.subarray(1),
    numbers: Int16Array.of(-1),
    kind: 'euclidean',
    none: undefined,
  }
  const shared = toShared({ rows, again: values, lists: [values] })
  expect(shared).toEqual({ rows, again: values, lists: [values] })
  expect(shared.rows.values.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(shared.again).toBe(shared.rows.values)
  expect(shared.lists[0]).toBe(shared.again)
  expect(toShared(shared).again).toBe(shared.again)
})

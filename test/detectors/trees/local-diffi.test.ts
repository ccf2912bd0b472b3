import { expect, it } from 'vitest'
import type { Forest } from '../../../src/detectors/trees/isolation-trees.ts'
import { localDiffi } from '../../../src/detectors/trees/local-diffi.ts'
import { matrixOf } from '../samples.ts'

// Two trees of 16 rows. The first splits column 0 and, to its right, column 1; the second column 1 alone.
const forest: Forest = {
  roots: Int32Array.of(0, 5),
  column: Int16Array.of(0, -1, 1, -1, -1, 1, -1, -1),
  value: Float64Array.of(5, 9, 5, 9, 9, 5, 9, 9),
  right: Int32Array.of(2, 0, 4, 0, 0, 7, 0, 0),
  samples: 16,
}

it('a column counts the mean of 1 / depth of the leaf less 1 / the deepest, over its splits', () => {
  const rows = matrixOf([
    [1, 1, 7],
    [9, 1, 7],
  ])
  const first = 1 / 1 - 1 / 4
  const second = 1 / 2 - 1 / 4
  expect([...localDiffi(forest, rows)]).toEqual([first, first, 0, second, (second + first) / 2, 0])
})

it('a tree without splits says nothing', () => {
  const bare: Forest = {
    roots: Int32Array.of(0),
    column: Int16Array.of(-1),
    value: Float64Array.of(0),
    right: Int32Array.of(0),
    samples: 1,
  }
  expect([...localDiffi(bare, matrixOf([[3, 4]]))]).toEqual([0, 0])
})

import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { growForest } from '../../../src/detectors/trees/isolation-trees.ts'
import { pathsIn } from '../../../src/detectors/trees/path-lengths.ts'
import { gaussianRows, rowOf } from '../samples.ts'

const rough = gaussianRows(300, 3)
const rows = { ...rough, data: rough.data.map((value) => Math.round(value * 4) / 4) }
rows.data.fill(7, 0, 30)
rows.data[40] = Number.MAX_VALUE
rows.data[41] = -Number.MAX_VALUE

it.each([1, 2, 3, 100, 256, 300])('many rows walk as one row does, in trees of %s', (samples) => {
  const forest = growForest(rows, {
    trees: 9,
    samples,
    columns: 2,
    bootstrap: false,
    random: createRandom(3),
  })
  const paths = pathsIn(forest, 3)
  const together = paths.sum(rows)
  for (let row = 0; row < rows.rows; row++) expect(paths.sum(rowOf(rows, row))[0]).toBe(together[row])
})

it('a forest that knows no differences has no cuts', () => {
  const same = { data: new Float64Array(200).fill(5), rows: 100, columns: 2 }
  const forest = growForest(same, {
    trees: 3,
    samples: 64,
    columns: 2,
    bootstrap: true,
    random: createRandom(1),
  })
  const [first, ...others] = pathsIn(forest, 2).sum(same)
  expect(first).toBeGreaterThan(0)
  for (const other of others) expect(other).toBe(first)
})

it('more trees than fit into the first page of memory give the same, after fewer as before', () => {
  const forests = [90, 2, 90].map((trees, i) => {
    const random = createRandom(i)
    return growForest(rows, { trees, samples: 256, columns: 3, bootstrap: false, random })
  })
  for (const forest of forests) {
    const paths = pathsIn(forest, 3)
    const together = paths.sum(rows)
    for (let row = 0; row < rows.rows; row++) expect(paths.sum(rowOf(rows, row))[0]).toBe(together[row])
  }
})

import type { Matrix } from '../detector.ts'
import { definePartTask } from '../parallel/parallel.ts'
import type { Forest } from './isolation-trees.ts'
import { pathsIn } from './path-lengths.ts'

interface Walks {
  readonly forest: Forest
  readonly rows: Matrix
}

/** Of each row the sum of the path lengths of all trees. */
export const pathSums = definePartTask({
  name: 'path sums',
  output: (_: Walks, rows) => ({ sums: new Float64Array(rows) }),
  prepare({ forest, rows: { data, columns } }) {
    const paths = pathsIn(forest, columns)
    return {
      perform(from, to, { sums }) {
        const rows = { data: data.subarray(from * columns, to * columns), rows: to - from, columns }
        sums.set(paths.sum(rows))
      },
    }
  },
})

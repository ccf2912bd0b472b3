import { byColumns } from '../web-assembly/by-columns.ts'
import type { FunctionCode } from '../web-assembly/instantiate.ts'
import { type Code, f64x2, i32, i64, local, repeat, v128 } from '../web-assembly/instructions.ts'

/** The most rows of a leaf: a bit of a whole number for each. */
export const LEAF_ROWS = 64
/** The most columns: the values of the query should stay in registers. */
export const LEAF_COLUMNS = 20

// Where in memory stands, in bytes: the query ...
export const QUERY = 0
// ... the distance that matters at most ...
export const WORST = QUERY + 8 * LEAF_COLUMNS
// ... the bits of the rows that are not further away ...
export const NEAR = WORST + 8
// ... and the distances of all.
export const DISTANCES = NEAR + 8
/** What follows is free for leaves. */
export const FREE = DISTANCES + 8 * LEAF_ROWS

const COLUMN = 8 * LEAF_ROWS

/**
 * The reduced Euclidean distances between the query and the first `count` rows of the leaf at `leaf`, which stands column by column; two rows at a
 * time. Sums are those of a scan, to the bit.
 */
function measure(columns: number): FunctionCode {
  const [leaf, count] = [local(0), local(1)]
  const [row, near, distances, worst] = [local(2), local(3), local(4), local(5)]
  const values = Array.from({ length: columns }, (_, j) => local(6 + j))
  const difference = local(6 + columns)
  // Of two rows at 16 bytes a pair.
  const sum = values.map(({ get }, j): Code[] => [
    difference.set(f64x2.subtract(get, v128.load(leaf.get, COLUMN * j))),
    distances.set(
      j === 0
        ? f64x2.multiply(difference.get, difference.get)
        : f64x2.add(distances.get, f64x2.multiply(difference.get, difference.get)),
    ),
  ])
  return {
    parameters: 2,
    locals: ['i32', 'i64', 'v128', 'v128', ...values.map(() => 'v128' as const), 'v128'],
    body: [
      worst.set(f64x2.loadEverywhere(i32.constant(WORST))),
      ...values.map((value, j) => value.set(f64x2.loadEverywhere(i32.constant(QUERY + 8 * j)))),
      repeat(
        [
          ...sum.flat(),
          v128.store(i32.shiftLeft(row.get, i32.constant(3)), distances.get, DISTANCES),
          near.set(
            i64.or(
              near.get,
              i64.shiftLeft(i64.from(f64x2.notAbove(distances.get, worst.get)), i64.from(row.get)),
            ),
          ),
          leaf.set(i32.add(leaf.get, i32.constant(16))),
          row.set(i32.add(row.get, i32.constant(2))),
        ],
        i32.less(row.get, count.get),
      ),
      i64.store(i32.constant(NEAR), near.get),
    ],
  }
}

/** The function for a number of columns, over the memory that all trees of a thread share; undefined where the processor cannot. */
export const leafDistances = byColumns(LEAF_COLUMNS, measure)

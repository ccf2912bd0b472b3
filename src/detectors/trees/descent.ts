import type { FunctionCode, Instance } from '../web-assembly/instantiate.ts'
import { f64x2, i8x16, i32, local, repeat, v128, when } from '../web-assembly/instructions.ts'
import { sharedInstance } from '../web-assembly/shared-instance.ts'

/** Rows that descend together: one for each bit of a vector. */
export const ROWS_AT_ONCE = 128
/** The deepest trees: the number of a leaf is a byte. */
export const LEVELS = 8

const VECTOR = 16
// Where in memory stands, in bytes: the rows that reach each node (a vector a node, the children of node k being 2k and 2k + 1) ...
const REACHED = 0
// ... those that go right, of each level ...
const TURNS = REACHED + VECTOR * 2 ** (LEVELS + 1)
// ... the leaf of each row ...
const LEAVES_REACHED = TURNS + VECTOR * LEVELS
// ... and the sum of the path lengths of each.
export const SUMS = LEAVES_REACHED + ROWS_AT_ONCE
/** What follows is free for trees. */
export const FREE = SUMS + 8 * ROWS_AT_ONCE

/** Makes of vectors from `from` to `to`, which are bits of rows, the bits in all vectors behind: at the cuts of a column, the rows above each. */
const gather: FunctionCode = (() => {
  const [from, to, behind, own] = [local(0), local(1), local(2), local(3)]
  return {
    parameters: 2,
    locals: ['v128', 'v128'],
    body: [
      repeat(
        [
          to.set(i32.add(to.get, i32.constant(-VECTOR))),
          own.set(v128.load(to.get)),
          v128.store(to.get, behind.get),
          behind.set(v128.or(behind.get, own.get)),
        ],
        i32.less(from.get, to.get),
      ),
    ],
  }
})()

/**
 * Adds the path lengths in one tree to the sums. `node` is where its splits stand, level by level: the address of the rows that reach each and of
 * those above its cut. From `sizes` on stand the bytes that each level takes of them, from `lengths` on the path lengths of the leaves.
 */
const descend: FunctionCode = (() => {
  const [node, sizes, lengths] = [local(0), local(1), local(2)]
  const [at, end, level, right, turned, leaves] = [local(3), local(4), local(5), local(6), local(7), local(8)]
  const splitRows = [
    at.set(i32.load(node.get)),
    right.set(v128.and(v128.load(at.get), v128.load(i32.load(node.get, 4)))),
    turned.set(v128.or(turned.get, right.get)),
    v128.store(i32.shiftLeft(at.get, i32.constant(1)), v128.xor(v128.load(at.get), right.get)),
    v128.store(i32.shiftLeft(at.get, i32.constant(1)), right.get, VECTOR),
    node.set(i32.add(node.get, i32.constant(8))),
  ]
  const descendLevels = repeat(
    [
      end.set(i32.add(node.get, i32.load(sizes.get))),
      turned.set(v128.constant(Array<number>(VECTOR).fill(0))),
      when(i32.less(node.get, end.get), [repeat(splitRows, i32.less(node.get, end.get))]),
      v128.store(level.get, turned.get, TURNS),
      sizes.set(i32.add(sizes.get, i32.constant(4))),
      level.set(i32.add(level.get, i32.constant(VECTOR))),
    ],
    i32.less(level.get, i32.constant(VECTOR * LEVELS)),
  )
  // Sixteen rows are two bytes of each level; a byte of the leaf takes one bit of each.
  const eachByte = v128.constant(Array.from({ length: VECTOR }, (_, i) => i >> 3))
  const eachBit = v128.constant(Array.from({ length: VECTOR }, (_, i) => 1 << (i & 7)))
  const turn = (ofLevel: number) =>
    i8x16.equal(
      v128.and(i8x16.pick(v128.loadPairEverywhere(at.get, TURNS + VECTOR * ofLevel), eachByte), eachBit),
      eachBit,
    )
  const nameLeaves = [
    at.set(i32.constant(0)),
    repeat(
      [
        leaves.set(v128.constant(Array<number>(VECTOR).fill(0))),
        ...Array.from({ length: LEVELS }, (_, ofLevel) =>
          leaves.set(i8x16.subtract(i8x16.add(leaves.get, leaves.get), turn(ofLevel))),
        ),
        v128.store(i32.shiftLeft(at.get, i32.constant(3)), leaves.get, LEAVES_REACHED),
        at.set(i32.add(at.get, i32.constant(2))),
      ],
      i32.less(at.get, i32.constant(VECTOR)),
    ),
  ]
  const lengthOf = (row: number) =>
    i32.add(lengths.get, i32.shiftLeft(i32.loadByte(at.get, LEAVES_REACHED + row), i32.constant(3)))
  const sums = i32.shiftLeft(at.get, i32.constant(3))
  const addLengths = [
    at.set(i32.constant(0)),
    repeat(
      [
        v128.store(
          sums,
          f64x2.add(v128.load(sums, SUMS), v128.loadHigh(lengthOf(1), v128.loadLow(lengthOf(0)))),
          SUMS,
        ),
        at.set(i32.add(at.get, i32.constant(2))),
      ],
      i32.less(at.get, i32.constant(ROWS_AT_ONCE)),
    ),
  ]
  return {
    parameters: 3,
    locals: ['i32', 'i32', 'i32', 'v128', 'v128', 'v128'],
    body: [descendLevels, ...nameLeaves, ...addLengths],
  }
})()

export type Descent = Instance<'gather' | 'descend'>

const compiled = sharedInstance(() => ({ gather, descend }))

/** The functions, which all forests of a thread share with their memory; undefined where the processor cannot. */
export function descent(): Descent | undefined {
  const instance = compiled()
  // All rows reach the root.
  if (instance !== undefined) new Uint8Array(instance.memory.buffer).fill(255, reachedAt(1), reachedAt(2))
  return instance
}

/** Where the rows stand that reach a node. */
export function reachedAt(node: number): number {
  return REACHED + VECTOR * node
}

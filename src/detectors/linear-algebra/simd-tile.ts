import { type FunctionCode, instantiate } from '../web-assembly/instantiate.ts'
import { f64, f64x2, i32, local, repeat, v128 } from '../web-assembly/instructions.ts'
import { TILE_COLUMNS, TILE_ROWS, type Tile } from './tile.ts'

const NUMBER = 8
const PAIR = 2 * NUMBER

const multiply: FunctionCode = (() => {
  const [four, two, rowSize, counted] = [local(0), local(1), local(2), local(3)]
  const [products, productsRowSize, end] = [local(4), local(5), local(6)]
  const rows = Array.from({ length: TILE_ROWS }, (_, r) => local(7 + r))
  const columns = Array.from({ length: TILE_COLUMNS }, (_, c) => local(7 + TILE_ROWS + c))
  const pointers = [...rows, ...columns]
  const rowPair = local(7 + pointers.length)
  const columnPairs = columns.map((_, c) => local(8 + pointers.length + c))
  const firstSum = 8 + pointers.length + TILE_COLUMNS
  const sums = rows.map((_, r) => columns.map((_, c) => local(firstSum + r * TILE_COLUMNS + c)))
  const addProducts = sums.flatMap((ofRow, r) => [
    rowPair.set(v128.load(rows[r]!.get)),
    ...ofRow.map((sum, c) => sum.set(f64x2.add(sum.get, f64x2.multiply(rowPair.get, columnPairs[c]!.get)))),
  ])
  const storeSums = sums.flatMap((ofRow) => [
    ...ofRow.map(({ get }, c) =>
      f64.store(products.get, f64.add(f64x2.lane(get, 0), f64x2.lane(get, 1)), c * NUMBER),
    ),
    products.set(i32.add(products.get, productsRowSize.get)),
  ])
  return {
    parameters: 6,
    locals: [
      'i32',
      ...pointers.map(() => 'i32' as const),
      ...[rowPair, ...columnPairs, ...sums.flat()].map(() => 'v128' as const),
    ],
    body: [
      ...rows.map((row, r) => row.set(r === 0 ? four.get : i32.add(rows[r - 1]!.get, rowSize.get))),
      ...columns.map((column, c) =>
        column.set(c === 0 ? two.get : i32.add(columns[c - 1]!.get, rowSize.get)),
      ),
      end.set(i32.add(four.get, counted.get)),
      repeat(
        [
          ...columns.map((column, c) => columnPairs[c]!.set(v128.load(column.get))),
          ...addProducts,
          ...pointers.map((pointer) => pointer.set(i32.add(pointer.get, i32.constant(PAIR)))),
        ],
        i32.less(rows[0]!.get, end.get),
      ),
      ...storeSums,
    ],
  }
})()

/** Two places at a time, several times as fast as the plain tile; undefined where the processor cannot. */
export function simdTile(): Tile | undefined {
  const instance = instantiate({ multiply })
  return instance && { memory: instance.memory, multiply: instance.functions.multiply }
}

import type { Matrix } from '../detector.ts'
import { byColumns } from '../web-assembly/by-columns.ts'
import type { FunctionCode } from '../web-assembly/instantiate.ts'
import { type Code, f64x2, i32, local, repeat, v128 } from '../web-assembly/instructions.ts'
import { growTo } from '../web-assembly/memory.ts'
import type { NearestCentres } from './nearest-centres.ts'

/** The most columns: the values of two rows should stay in registers. */
const MOST_COLUMNS = 20
/** Rows that are in memory at once, an even number, few enough to stay near the processor. */
const BLOCK = 1024

const BYTES = 8
const PAIR = 2 * BYTES

/**
 * Labels the pairs of rows from `row` to `end`, which stand column by column, with the nearest of the centres, which stand from 0 to `centresEnd`;
 * the labels of a pair, as doubles, go where `labels` is. Two rows at a time.
 */
function label(columns: number): FunctionCode {
  const [row, end, centresEnd, labels] = [local(0), local(1), local(2), local(3)]
  const [centre, squares, difference, least, nearest, number, nearer] = [
    local(4),
    local(5),
    local(6),
    local(7),
    local(8),
    local(9),
    local(10),
  ]
  const values = Array.from({ length: columns }, (_, j) => local(11 + j))
  const square = f64x2.multiply(difference.get, difference.get)
  const sumSquares = values.flatMap((value, j): Code[] => [
    difference.set(f64x2.subtract(value.get, f64x2.loadEverywhere(centre.get, BYTES * j))),
    squares.set(j === 0 ? square : f64x2.add(squares.get, square)),
  ])
  return {
    parameters: 4,
    locals: ['i32', ...Array<'v128'>(6 + columns).fill('v128')],
    body: [
      repeat(
        [
          ...values.map((value, j) => value.set(v128.load(row.get, PAIR * j))),
          centre.set(i32.constant(0)),
          least.set(f64x2.constant(Number.POSITIVE_INFINITY)),
          nearest.set(f64x2.constant(0)),
          number.set(f64x2.constant(0)),
          repeat(
            [
              ...sumSquares,
              nearer.set(f64x2.below(squares.get, least.get)),
              least.set(v128.choose(squares.get, least.get, nearer.get)),
              nearest.set(v128.choose(number.get, nearest.get, nearer.get)),
              number.set(f64x2.add(number.get, f64x2.constant(1))),
              centre.set(i32.add(centre.get, i32.constant(BYTES * columns))),
            ],
            i32.less(centre.get, centresEnd.get),
          ),
          v128.store(labels.get, nearest.get),
          labels.set(i32.add(labels.get, i32.constant(PAIR))),
          row.set(i32.add(row.get, i32.constant(PAIR * columns))),
        ],
        i32.less(row.get, end.get),
      ),
    ],
  }
}

const functionFor = byColumns(MOST_COLUMNS, label)

/** Undefined where there are too many columns, or the processor cannot. */
export function simdNearestCentres(points: Matrix): NearestCentres | undefined {
  const { rows, columns } = points
  const compiled = functionFor(columns)
  if (compiled === undefined) return undefined
  const { memory, call } = compiled
  const pairs = pairRows(points)
  const labels = new Int32Array(rows).fill(-1)
  return {
    labels,
    assign(centres) {
      const labelsAt = (centres.byteLength + PAIR - 1) & -PAIR
      const rowsAt = labelsAt + BYTES * BLOCK
      growTo(memory, rowsAt + BYTES * BLOCK * columns)
      new Float64Array(memory.buffer).set(centres)
      const found = new Float64Array(memory.buffer, labelsAt, BLOCK)
      const block = new Float64Array(memory.buffer, rowsAt, BLOCK * columns)
      for (let first = 0; first < rows; first += BLOCK) {
        const part = pairs.subarray(first * columns, (first + BLOCK) * columns)
        block.set(part)
        call(rowsAt, rowsAt + part.byteLength, centres.byteLength, labelsAt)
        labels.set(found.subarray(0, Math.min(BLOCK, rows - first)), first)
      }
    },
  }
}

/** Two rows after two others, each two column by column; after an odd number of rows one of zeros. */
function pairRows({ data, rows, columns }: Matrix): Float64Array {
  const pairs = new Float64Array((rows + (rows & 1)) * columns)
  for (let row = 0, cell = 0; row < rows; row++)
    for (let j = 0, at = (row & -2) * columns + (row & 1); j < columns; j++, cell++)
      pairs[at + 2 * j] = data[cell]!
  return pairs
}

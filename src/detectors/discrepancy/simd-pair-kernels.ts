import { byColumns } from '../web-assembly/by-columns.ts'
import type { FunctionCode } from '../web-assembly/instantiate.ts'
import { type Code, f64, f64x2, i32, local, repeat, v128 } from '../web-assembly/instructions.ts'
import { BLOCK_ROWS, blockEnd, blockStart, type PairKernels } from './pair-kernels.ts'

/** The most columns: the values of a pair should stay in registers, and the room in the memory. */
export const SIMD_COLUMNS = 20

const BYTES = 8

/** The pair sits in the two lanes of a vector; `end` is the address behind the block. */
function add(columns: number): FunctionCode {
  const [end, row] = [local(0), local(1)]
  const [sums, kernel, u, half, least] = [local(2), local(3), local(4), local(5), local(6)]
  const values = Array.from({ length: columns }, (_, j) => local(7 + j))
  const multiplyFactors = values.flatMap((value, j): Code[] => {
    const difference = f64x2.subtract(f64x2.loadEverywhere(row.get, BYTES * (1 + j)), value.get)
    const factor = f64x2.add(least.get, f64x2.multiply(u.get, u.get))
    return [
      u.set(f64x2.subtract(f64x2.absolute(difference), half.get)),
      kernel.set(j === 0 ? factor : f64x2.multiply(kernel.get, factor)),
    ]
  })
  const withFirst = f64.add(f64.load(row.get), f64x2.lane(kernel.get, 0))
  return {
    parameters: 1,
    locals: ['i32', 'v128', 'v128', 'v128', 'v128', 'v128', ...values.map(() => 'v128' as const)],
    body: [
      half.set(f64x2.constant(0.5)),
      least.set(f64x2.constant(1.25)),
      sums.set(v128.load(i32.constant(0))),
      ...values.map((value, j) => value.set(v128.load(i32.constant(2 * BYTES * (1 + j))))),
      row.set(i32.constant(BYTES * blockStart(columns))),
      repeat(
        [
          ...multiplyFactors,
          sums.set(f64x2.add(sums.get, kernel.get)),
          f64.store(row.get, f64.add(withFirst, f64x2.lane(kernel.get, 1))),
          row.set(i32.add(row.get, i32.constant(BYTES * (1 + columns)))),
        ],
        i32.less(row.get, end.get),
      ),
      v128.store(i32.constant(0), sums.get),
    ],
  }
}

const functionFor = byColumns(SIMD_COLUMNS, add)

/** Kernels in the one room of a thread; undefined where there are too many columns, or the processor cannot. */
export function simdPairKernels(columns: number): PairKernels | undefined {
  const compiled = functionFor(columns)
  if (compiled === undefined) return undefined
  const { memory, call } = compiled
  return {
    room: new Float64Array(memory.buffer, 0, blockEnd(columns, BLOCK_ROWS)),
    add: (rows) => {
      call(BYTES * blockEnd(columns, rows))
    },
  }
}

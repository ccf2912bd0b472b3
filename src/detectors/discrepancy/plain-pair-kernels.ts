import { BLOCK_ROWS, blockEnd, blockStart, factor, type PairKernels } from './pair-kernels.ts'

/** For many columns, and for processors without the instructions of the other one. */
export function plainPairKernels(columns: number): PairKernels {
  const room = new Float64Array(blockEnd(columns, BLOCK_ROWS))
  return {
    room,
    add(rows) {
      addKernels(room, blockStart(columns), blockEnd(columns, rows))
    },
  }
}

// Not in the closure, whose variables would be looked up at each step.
function addKernels(room: Float64Array, start: number, end: number): void {
  let sumA = room[0]!
  let sumB = room[1]!
  for (let cell = start; cell < end; ) {
    const sum = cell++
    let kernelA = 1
    let kernelB = 1
    for (let pair = 2; pair < start; pair += 2, cell++) {
      const value = room[cell]!
      kernelA *= factor(value - room[pair]!)
      kernelB *= factor(value - room[pair + 1]!)
    }
    room[sum] = room[sum]! + kernelA + kernelB
    sumA += kernelA
    sumB += kernelB
  }
  room[0] = sumA
  room[1] = sumB
}

import type { Matrix } from '../detector.ts'

/** 3/2 - u + u² for a difference of size u. */
function factor(difference: number): number {
  const u = Math.abs(difference) - 0.5
  return 1.25 + u * u
}

// Two rows at a time are compared with the others, because reading those takes as long as the arithmetic. The loops stand twice: spelled out
// for six columns, the width of the default preprocessing, they take a quarter of the time.

/** Adds the kernels of a row and the next with each other, and with all rows before, to the sums of all of them. */
export function addKernels(data: Float64Array, columns: number, row: number, sums: Float64Array): void {
  if (columns === 6) addOfSix(data, row, sums)
  else addOfAny(data, columns, row, sums)
}

// Rows that two others are compared with at a time, few enough to stay near the processor.
const BLOCK = 128

/** Of each query the sum of its kernels with all rows, always in the order of the rows. All are in 0..1. */
export function sumKernels({ data, rows, columns }: Matrix, queries: Matrix): Float64Array {
  const sums = new Float64Array(queries.rows)
  for (let from = 0; from < rows; from += BLOCK) {
    const block = data.subarray(from * columns, Math.min(from + BLOCK, rows) * columns)
    for (let first = 0; first < queries.rows; first += 2) {
      // The last of an odd number is its own partner.
      const second = Math.min(first + 1, queries.rows - 1)
      if (columns === 6) sumOfSix(block, queries.data, first, second, sums)
      else sumOfAny(block, queries.data, first, second, sums)
    }
  }
  return sums
}

function addOfAny(data: Float64Array, columns: number, row: number, sums: Float64Array): void {
  const a = row * columns
  const b = a + columns
  let sumA = 0
  let sumB = 0
  for (let other = 0, cell = 0; other < row; other++) {
    let kernelA = 1
    let kernelB = 1
    for (let j = 0; j < columns; j++, cell++) {
      const value = data[cell]!
      kernelA *= factor(value - data[a + j]!)
      kernelB *= factor(value - data[b + j]!)
    }
    sums[other] = sums[other]! + kernelA + kernelB
    sumA += kernelA
    sumB += kernelB
  }
  let kernel = 1
  for (let j = 0; j < columns; j++) kernel *= factor(data[a + j]! - data[b + j]!)
  sums[row] = sums[row]! + sumA + kernel
  sums[row + 1]! += sumB + kernel
}

function addOfSix(data: Float64Array, row: number, sums: Float64Array): void {
  const at = row * 6
  const a0 = data[at]!
  const a1 = data[at + 1]!
  const a2 = data[at + 2]!
  const a3 = data[at + 3]!
  const a4 = data[at + 4]!
  const a5 = data[at + 5]!
  const b0 = data[at + 6]!
  const b1 = data[at + 7]!
  const b2 = data[at + 8]!
  const b3 = data[at + 9]!
  const b4 = data[at + 10]!
  const b5 = data[at + 11]!
  let sumA = 0
  let sumB = 0
  for (let other = 0, cell = 0; other < row; other++, cell += 6) {
    const c0 = data[cell]!
    const c1 = data[cell + 1]!
    const c2 = data[cell + 2]!
    const c3 = data[cell + 3]!
    const c4 = data[cell + 4]!
    const c5 = data[cell + 5]!
    const kernelA =
      factor(c0 - a0) *
      factor(c1 - a1) *
      factor(c2 - a2) *
      (factor(c3 - a3) * factor(c4 - a4) * factor(c5 - a5))
    const kernelB =
      factor(c0 - b0) *
      factor(c1 - b1) *
      factor(c2 - b2) *
      (factor(c3 - b3) * factor(c4 - b4) * factor(c5 - b5))
    sums[other] = sums[other]! + kernelA + kernelB
    sumA += kernelA
    sumB += kernelB
  }
  const kernel =
    factor(a0 - b0) *
    factor(a1 - b1) *
    factor(a2 - b2) *
    (factor(a3 - b3) * factor(a4 - b4) * factor(a5 - b5))
  sums[row] = sums[row]! + sumA + kernel
  sums[row + 1]! += sumB + kernel
}

function sumOfAny(
  data: Float64Array,
  queries: Float64Array,
  first: number,
  second: number,
  sums: Float64Array,
): void {
  const columns = queries.length / sums.length
  const a = first * columns
  const b = second * columns
  let sumA = sums[first]!
  let sumB = sums[second]!
  for (let cell = 0; cell < data.length; ) {
    let kernelA = 1
    let kernelB = 1
    for (let j = 0; j < columns; j++, cell++) {
      const value = data[cell]!
      kernelA *= factor(value - queries[a + j]!)
      kernelB *= factor(value - queries[b + j]!)
    }
    sumA += kernelA
    sumB += kernelB
  }
  sums[first] = sumA
  sums[second] = sumB
}

function sumOfSix(
  data: Float64Array,
  queries: Float64Array,
  first: number,
  second: number,
  sums: Float64Array,
): void {
  const a = first * 6
  const b = second * 6
  const a0 = queries[a]!
  const a1 = queries[a + 1]!
  const a2 = queries[a + 2]!
  const a3 = queries[a + 3]!
  const a4 = queries[a + 4]!
  const a5 = queries[a + 5]!
  const b0 = queries[b]!
  const b1 = queries[b + 1]!
  const b2 = queries[b + 2]!
  const b3 = queries[b + 3]!
  const b4 = queries[b + 4]!
  const b5 = queries[b + 5]!
  let sumA = sums[first]!
  let sumB = sums[second]!
  for (let cell = 0; cell < data.length; cell += 6) {
    const c0 = data[cell]!
    const c1 = data[cell + 1]!
    const c2 = data[cell + 2]!
    const c3 = data[cell + 3]!
    const c4 = data[cell + 4]!
    const c5 = data[cell + 5]!
    sumA +=
      factor(c0 - a0) *
      factor(c1 - a1) *
      factor(c2 - a2) *
      (factor(c3 - a3) * factor(c4 - a4) * factor(c5 - a5))
    sumB +=
      factor(c0 - b0) *
      factor(c1 - b1) *
      factor(c2 - b2) *
      (factor(c3 - b3) * factor(c4 - b4) * factor(c5 - b5))
  }
  sums[first] = sumA
  sums[second] = sumB
}

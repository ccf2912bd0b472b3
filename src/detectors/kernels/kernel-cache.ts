import type { Matrix } from '../detector.ts'
import { type Kernel, kernelRow } from './kernel.ts'

/** Rows of the kernel matrix of some rows among themselves, as many as memory is given for. */
export interface KernelCache {
  /** Kernel values of a row with itself. */
  readonly diagonal: Float64Array
  /** The first `length` kernel values of row `index`; valid until two other rows have been asked for. */
  row(index: number, length: number): Float64Array
  /** The whole row `index`, if it is there. */
  known(index: number): Float64Array | undefined
  /** Exchanges two rows, and their columns. */
  swap(a: number, b: number): void
}

/** A cache that keeps what was used last (least recently used goes first). The rows are copied. */
export function createKernelCache(source: Matrix, kernel: Kernel, megabytes: number): KernelCache {
  const { rows: count, columns } = source
  const matrix: Matrix = { data: source.data.slice(), rows: count, columns }
  const capacity = Math.max(2, Math.min(count, Math.floor((megabytes * 2 ** 20) / (8 * count))))
  const pool = new Float64Array(capacity * count)
  const values: Float64Array[] = []
  /** How much of each slot is known. */
  const filled = new Int32Array(capacity)
  const ownerOf = new Int32Array(capacity).fill(-1)
  const slotOf = new Int32Array(count).fill(-1)
  // A ring of slots, from the one used longest ago; its head stands behind the last slot.
  const next = Int32Array.from({ length: capacity + 1 }, (_, i) => (i + 1) % (capacity + 1))
  const previous = Int32Array.from({ length: capacity + 1 }, (_, i) => (i + capacity) % (capacity + 1))
  const scratch = new Float64Array(count)

  const diagonal = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    kernelRow(kernel, matrix, { query: matrix.data, offset: i * columns, from: i, to: i + 1 }, scratch)
    diagonal[i] = scratch[i]!
  }

  const unlink = (slot: number): void => {
    next[previous[slot]!] = next[slot]!
    previous[next[slot]!] = previous[slot]!
  }
  const insertBefore = (slot: number, place: number): void => {
    const before = previous[place]!
    next[before] = previous[place] = slot
    previous[slot] = before
    next[slot] = place
  }
  const forget = (slot: number): void => {
    slotOf[ownerOf[slot]!] = -1
    ownerOf[slot] = -1
    filled[slot] = 0
    unlink(slot)
    insertBefore(slot, next[capacity]!)
  }

  return {
    diagonal,
    row(index, length) {
      let slot = slotOf[index]!
      if (slot < 0) {
        slot = next[capacity]!
        if (ownerOf[slot]! >= 0) slotOf[ownerOf[slot]!] = -1
        ownerOf[slot] = index
        slotOf[index] = slot
        filled[slot] = 0
        values[slot] ??= pool.subarray(slot * count, (slot + 1) * count)
      }
      unlink(slot)
      insertBefore(slot, capacity)
      const row = values[slot]!
      const from = filled[slot]!
      if (from < length) {
        kernelRow(kernel, matrix, { query: matrix.data, offset: index * columns, from, to: length }, row)
        filled[slot] = length
      }
      return row
    },
    known(index) {
      const slot = slotOf[index]!
      return slot >= 0 && filled[slot] === count ? values[slot] : undefined
    },
    swap(a, b) {
      const [low, high] = a < b ? [a, b] : [b, a]
      exchange(diagonal, low, high)
      for (let j = 0; j < columns; j++) exchange(matrix.data, low * columns + j, high * columns + j)
      exchange(slotOf, low, high)
      if (slotOf[low]! >= 0) ownerOf[slotOf[low]!] = low
      if (slotOf[high]! >= 0) ownerOf[slotOf[high]!] = high
      for (let slot = 0; slot < values.length; slot++) {
        if (filled[slot]! > high) exchange(values[slot]!, low, high)
        else if (filled[slot]! > low) forget(slot)
      }
    },
  }
}

function exchange(values: Float64Array | Int32Array, a: number, b: number): void {
  const value = values[a]!
  values[a] = values[b]!
  values[b] = value
}

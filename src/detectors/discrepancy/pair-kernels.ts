/** The most rows of a block: few enough to stay near the processor. */
export const BLOCK_ROWS = 256

/**
 * Compares a pair of rows with a block of others. The kernel of two rows is the product of `factor` over the columns, in their order; all
 * implementations give the same bits.
 */
export interface PairKernels {
  /** The two sums of the pair, its values (both of a column side by side), and then of each row of the block its sum and its values. */
  readonly room: Float64Array
  /** Adds the kernels of the pair and the first `rows` of the block, at least one, to the sums of both. */
  add(rows: number): void
}

/** Where the block begins in the room. */
export function blockStart(columns: number): number {
  return 2 + 2 * columns
}

/** How many numbers there are in the room when the block has so many rows. */
export function blockEnd(columns: number, rows: number): number {
  return blockStart(columns) + rows * (1 + columns)
}

/** 3/2 - u + u² for a difference of size u: the kernel in one column. */
export function factor(difference: number): number {
  const u = Math.abs(difference) - 0.5
  return 1.25 + u * u
}

import type { Memory } from '../web-assembly/memory.ts'

/** The rows of one side of a tile and of the other. */
export const TILE_ROWS = 4
export const TILE_COLUMNS = 2

/**
 * Scalar products of four rows with each of two others. A product is a sum over the even places of the rows and one over the odd places, which
 * are added at last: all tiles give the same bits.
 */
export interface Tile {
  /** Where the rows and the products stand. */
  readonly memory: Memory
  /**
   * Writes the products. All are addresses and sizes in bytes: of the first row of each side and from one row to the next, of the part of the
   * rows that counts (a multiple of 16, not 0), and of the products, four rows of two.
   */
  multiply(
    four: number,
    two: number,
    rowSize: number,
    counted: number,
    products: number,
    productsRowSize: number,
  ): void
}

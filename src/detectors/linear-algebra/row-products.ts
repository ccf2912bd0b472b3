import { growTo } from '../web-assembly/memory.ts'
import { plainTile } from './plain-tile.ts'
import { simdTile } from './simd-tile.ts'
import { TILE_COLUMNS, TILE_ROWS, type Tile } from './tile.ts'

/**
 * Scalar products of `TILE_ROWS` rows at a time with some rows that are held for long. Rows may be up to that number of values shorter than
 * others: what is missing counts as zeros.
 */
export interface RowProducts {
  /** Keeps a row. */
  hold(number: number, values: Float64Array): void
  /** Sets one of the rows of the tile to these values from the place `from` on. */
  set(number: number, values: Float64Array, from: number): void
  /** The products of the places `from` (set for all rows of the tile) to `to`: `width` for each of them, which the next call writes over. */
  multiply(from: number, to: number): Float64Array
  /** How many rows can be held; at least as many as were asked for. */
  readonly width: number
}

const BYTES = 8
/** Numbers of a cache line. */
const LINE = 8
// Rows of one tile may end at different places, and pairs of numbers are read.
const ZEROS = TILE_ROWS + 1

let shared: Tile | undefined

/**
 * Room for `held` rows of this length. All share the fastest tile of the thread unless they are given another: the room is the next one's as soon
 * as that is asked for.
 */
export function createRowProducts(held: number, length: number, tile: Tile = sharedTile()): RowProducts {
  const { memory } = tile
  const columns = Math.ceil(held / TILE_COLUMNS) * TILE_COLUMNS
  // An odd number of cache lines, so that rows do not compete for the same ones.
  const rowLength = (Math.ceil((length + ZEROS) / LINE) | 1) * LINE
  const productsAt = (TILE_ROWS + columns) * rowLength
  const end = productsAt + TILE_ROWS * columns
  growTo(memory, end * BYTES)
  const numbers = new Float64Array(memory.buffer)
  const products = numbers.subarray(productsAt, end)
  const write = (row: number, values: Float64Array, from: number): void => {
    const at = row * rowLength + from
    numbers.set(values, at)
    for (let i = at + values.length; i < at + values.length + ZEROS; i++) numbers[i] = 0
  }
  return {
    hold(number, values) {
      write(TILE_ROWS + number, values, 0)
    },
    set: write,
    multiply(from, to) {
      const counted = Math.ceil((to - from) / 2) * 2
      if (counted === 0) return products.fill(0)
      for (let column = 0; column < columns; column += TILE_COLUMNS)
        tile.multiply(
          from * BYTES,
          ((TILE_ROWS + column) * rowLength + from) * BYTES,
          rowLength * BYTES,
          counted * BYTES,
          (productsAt + column) * BYTES,
          columns * BYTES,
        )
      return products
    },
    width: columns,
  }
}

function sharedTile(): Tile {
  shared ??= simdTile() ?? plainTile()
  return shared
}

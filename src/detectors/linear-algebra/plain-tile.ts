import { PAGE } from '../web-assembly/memory.ts'
import { TILE_COLUMNS, TILE_ROWS, type Tile } from './tile.ts'

const BYTES = 8

/** For processors without the instructions of the other one. */
export function plainTile(): Tile {
  let numbers = new Float64Array(0)
  return {
    memory: {
      get buffer() {
        return numbers.buffer
      },
      grow(pages) {
        const before = numbers
        numbers = new Float64Array(before.length + (pages * PAGE) / BYTES)
        numbers.set(before)
        return before.byteLength / PAGE
      },
    },
    multiply(four, two, rowSize, counted, products, productsRowSize) {
      for (let r = 0; r < TILE_ROWS; r++)
        for (let c = 0; c < TILE_COLUMNS; c++) {
          const a = (four + r * rowSize) / BYTES
          const b = (two + c * rowSize) / BYTES
          let even = 0
          let odd = 0
          for (let k = 0; k < counted / BYTES; k += 2) {
            even += numbers[a + k]! * numbers[b + k]!
            odd += numbers[a + k + 1]! * numbers[b + k + 1]!
          }
          numbers[(products + r * productsRowSize) / BYTES + c] = even + odd
        }
    },
  }
}

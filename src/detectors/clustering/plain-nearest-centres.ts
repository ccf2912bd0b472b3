import type { Matrix } from '../detector.ts'
import type { NearestCentres } from './nearest-centres.ts'

/** For rows too wide for registers, and for processors without vectors. */
export function plainNearestCentres({ data, rows, columns }: Matrix): NearestCentres {
  const labels = new Int32Array(rows).fill(-1)
  return {
    labels,
    assign(centres) {
      for (let row = 0; row < rows; row++) {
        let nearest = 0
        let least = Number.POSITIVE_INFINITY
        for (let k = 0, centre = 0; centre < centres.length; k++, centre += columns) {
          let squares = 0
          for (let j = 0, cell = row * columns; j < columns; j++) {
            const difference = data[cell + j]! - centres[centre + j]!
            squares += difference * difference
          }
          if (squares < least) {
            least = squares
            nearest = k
          }
        }
        labels[row] = nearest
      }
    },
  }
}

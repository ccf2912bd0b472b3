import type { Matrix } from '../detector.ts'

/**
 * Brings rows into a range in which squares and sums neither overflow nor vanish: the training rows into 0..2, all columns by one power of two,
 * so that nothing is lost and distances keep their proportions.
 */
export interface Rescaling {
  /** The least training value of each column. */
  readonly origin: Float64Array
  /** How many new units are half an old one. */
  readonly factor: number
}

// No row is rescaled to be farther away than this.
const FARTHEST = 2 ** 480

/** The rescaling of these training rows. */
export function rescalingOf({ data, rows, columns }: Matrix): Rescaling {
  const origin = new Float64Array(columns)
  let widest = 0
  for (let j = 0; j < columns; j++) {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (let i = 0, cell = j; i < rows; i++, cell += columns) {
      const value = data[cell]!
      if (value < least) least = value
      if (value > most) most = value
    }
    origin[j] = least
    // Halves, because the whole range may overflow.
    widest = Math.max(widest, most / 2 - least / 2)
  }
  return { origin, factor: widest > 0 ? 2 ** -Math.max(-1000, Math.floor(Math.log2(widest))) : 2 }
}

/** The rows in the new units. */
export function rescale({ data, rows, columns }: Matrix, { origin, factor }: Rescaling): Matrix {
  const result = new Float64Array(data.length)
  for (let j = 0; j < columns; j++) {
    const zero = origin[j]! / 2
    for (let cell = j; cell < data.length; cell += columns)
      result[cell] = Math.max(-FARTHEST, Math.min(FARTHEST, (data[cell]! / 2 - zero) * factor))
  }
  return { data: result, rows, columns }
}

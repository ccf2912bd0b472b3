/** Some rows of values, by the places at which they begin. */
export interface RowStarts {
  readonly data: Float64Array
  readonly starts: Int32Array
}

export const TILE_ROWS = 4
export const TILE_COLUMNS = 2

/**
 * Writes the scalar products of four rows with each of two others to the 4 x 2 values of `out`: what is read serves several products, which
 * is the fastest way that products of matrices can take here.
 */
export function productTile(four: RowStarts, two: RowStarts, length: number, out: Float64Array): void {
  const a = four.data
  const b = two.data
  const a0 = four.starts[0]!
  const a1 = four.starts[1]!
  const a2 = four.starts[2]!
  const a3 = four.starts[3]!
  const b0 = two.starts[0]!
  const b1 = two.starts[1]!
  let s00 = 0
  let s01 = 0
  let s10 = 0
  let s11 = 0
  let s20 = 0
  let s21 = 0
  let s30 = 0
  let s31 = 0
  for (let k = 0; k < length; k++) {
    const y0 = b[b0 + k]!
    const y1 = b[b1 + k]!
    const x0 = a[a0 + k]!
    s00 += x0 * y0
    s01 += x0 * y1
    const x1 = a[a1 + k]!
    s10 += x1 * y0
    s11 += x1 * y1
    const x2 = a[a2 + k]!
    s20 += x2 * y0
    s21 += x2 * y1
    const x3 = a[a3 + k]!
    s30 += x3 * y0
    s31 += x3 * y1
  }
  out[0] = s00
  out[1] = s01
  out[2] = s10
  out[3] = s11
  out[4] = s20
  out[5] = s21
  out[6] = s30
  out[7] = s31
}

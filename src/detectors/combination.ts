/** The original's `model_combination_method`. */
export type Combination = 'mean' | 'max' | 'min'

/**
 * Joins the scores that several models give to the same rows; a NaN (no opinion) is skipped, and a row of
 * nothing else is NaN.
 */
export function combine(columns: readonly Float64Array[], method: Combination): Float64Array {
  const rows = columns[0]?.length ?? 0
  const joined = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let count = 0
    let total = 0
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    for (const column of columns) {
      const score = column[row]!
      if (Number.isNaN(score)) continue
      count++
      total += score
      if (score < least) least = score
      if (score > most) most = score
    }
    joined[row] =
      count === 0 ? Number.NaN : method === 'mean' ? total / count : method === 'max' ? most : least
  }
  return joined
}

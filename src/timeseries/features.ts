/**
 * Rows for detectors, each with the timestamp of the point that it judges. Row-major: `data[row * columns +
 * column]`.
 */
export interface Features {
  readonly timestamps: Float64Array
  readonly data: Float64Array
  readonly columns: number
  /** Names of the columns, for reasons shown to people; may be empty. */
  readonly names: readonly string[]
}

/** Finds the nearest centre of each row. All implementations sum in column order, and give the same labels. */
export interface NearestCentres {
  /** The number of the nearest centre of each row, the first of equally near ones; -1 until `assign`. */
  readonly labels: Int32Array
  /** Brings the labels to the centres (row-major). */
  assign(centres: Float64Array): void
}

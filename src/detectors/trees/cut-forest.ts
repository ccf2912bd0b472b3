/**
 * Random cut trees of the same points, which come and go. A point is known by its slot. Points are 32-bit floats, and so are cuts: between
 * two different floats there is always a cut, the lower of them.
 */
export interface CutForest {
  /** The place of a slot's values; they are to be set before `insert`. */
  readonly points: Float32Array
  insert(slot: number): void
  remove(slot: number): void
  /**
   * How many points a new one at `offset` of `point` is expected to displace for each that moves with it (CoDisp), the mean of the trees.
   * The expectation is over all random cuts that could set it apart, so that nothing is drawn.
   */
  displacement(point: Float32Array, offset: number): number
  /** Adds to `parts` what each column adds to that: a cut that may set the point apart is as likely of each column as the point lies beyond the others in it. */
  explain(point: Float32Array, parts: Float64Array): void
  /** The same of a point in the trees, where they have it. */
  displacementOf(slot: number): number
  /** The cuts of each tree from the root on, the lower side first. They and the points are the trees. */
  cuts(): Cuts
  /** Makes the trees of these points, which no tree holds yet; false when the cuts do not fit to them. */
  rebuild(slots: Int32Array, cuts: Cuts): boolean
}

export interface Cuts {
  /** Bytes, where they can tell the columns apart. */
  readonly columns: Uint8Array | Uint16Array
  readonly values: Float32Array
}

export interface ForestSize {
  readonly trees: number
  /** The most points. */
  readonly size: number
  readonly columns: number
}

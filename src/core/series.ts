/** One metric over time. Both arrays have the same length; timestamps are UTC epoch milliseconds, ascending and
 * unique; values are finite. */
export interface Series {
  readonly timestamps: Float64Array
  readonly values: Float64Array
}

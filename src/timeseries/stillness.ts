/** How much of the time a series stands still. */
export interface Stillness {
  /** Share of the points that are equal to the one before. */
  readonly unchanged: number
  /** Points of the longest stretch of equal values. */
  readonly longest: number
}

/** How often, and how long, neighbouring values are equal. */
export function stillnessOf(values: Float64Array): Stillness {
  let same = 0
  let run = Math.min(1, values.length)
  let longest = run
  for (let i = 1; i < values.length; i++) {
    run = values[i] === values[i - 1] ? run + 1 : 1
    if (run > 1) same++
    if (run > longest) longest = run
  }
  return { unchanged: values.length < 2 ? 1 : same / (values.length - 1), longest }
}

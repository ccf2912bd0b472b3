/** Where values usually lie. */
export interface Band {
  readonly expected: number
  readonly lower: number
  readonly upper: number
}

/** A little less than a number that is not negative. */
const slightly = (value: number) => Math.abs(value) * 1e-6 + Number.MIN_VALUE

/** The band around what was expected, such that the value is outside exactly when it has reached the level: what a value alone does not tell moves a bound. */
export function bandAround({
  expected: centre,
  width,
  least,
  value,
  reached,
}: {
  readonly expected: number
  readonly width: number
  /** There are no values below. */
  readonly least: number
  readonly value: number
  readonly reached: boolean
}): Band {
  if (Number.isNaN(width) || Number.isNaN(centre))
    return { expected: Number.NaN, lower: Number.NaN, upper: Number.NaN }
  const expected = Math.max(least, centre)
  const lower = Math.max(least, expected - width)
  const upper = expected + width
  if (!reached) return { expected, lower: Math.min(lower, value), upper: Math.max(upper, value) }
  if (value > upper || value < lower) return { expected, lower, upper }
  if (value >= expected) {
    const bound = value - slightly(value)
    return { expected: Math.min(expected, bound), lower: Math.min(lower, bound), upper: bound }
  }
  return { expected, lower: value + slightly(value), upper }
}

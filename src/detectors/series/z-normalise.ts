const LARGE = 2 ** 500
const SMALL = 2 ** -500

/** A power of two that brings numbers of at most this size to where their squares neither overflow nor vanish. */
export function safeScale(largest: number): number {
  if (largest === 0 || (largest <= LARGE && largest >= SMALL)) return 1
  const exponent = Math.ceil(Math.log2(largest))
  return largest > LARGE ? 2 ** (500 - exponent) : 2 ** Math.min(1023, -exponent)
}

/** The power of two that brings the largest of numbers to 0.5..1, of which nothing overflows; 1 for zeros. */
export function unitScale(largest: number): number {
  return largest === 0 ? 1 : 2 ** Math.min(1023, -Math.ceil(Math.log2(largest)))
}

/** The largest absolute value. */
export function largestSize(values: Float64Array): number {
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!)
    if (size > largest) largest = size
  }
  return largest
}

/** What is subtracted from the values of a window, and then multiplied with; 0 of a window that cannot be told from a constant. */
export interface Normaliser {
  mean: number
  inverse: number
}

/** Finds what brings the `length` values from `offset` to mean 0 and population variance 1; squares of values must not overflow. */
export function measureWindow(
  values: Float64Array,
  offset: number,
  length: number,
  found: Normaliser,
): Normaliser {
  let sum = 0
  for (let i = offset; i < offset + length; i++) sum += values[i]!
  const mean = sum / length
  let squares = 0
  let remainder = 0
  for (let i = offset; i < offset + length; i++) {
    const difference = values[i]! - mean
    squares += difference * difference
    remainder += difference
  }
  const variance = (squares - (remainder * remainder) / length) / length
  // Chan, Golub, LeVeque: the rounding error of the two-pass variance.
  const noise = length * Number.EPSILON * variance + (length * mean * Number.EPSILON) ** 2
  found.mean = mean
  found.inverse = variance > noise ? 1 / Math.sqrt(variance) : 0
  return found
}

const measured: Normaliser = { mean: 0, inverse: 0 }

/** Brings values of any size to mean 0 and variance 1, in place; to zeros when they cannot be told from a constant. */
export function zNormalise(values: Float64Array): void {
  const scale = safeScale(largestSize(values))
  if (scale !== 1) for (let i = 0; i < values.length; i++) values[i]! *= scale
  const { mean, inverse } = measureWindow(values, 0, values.length, measured)
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - mean) * inverse
}

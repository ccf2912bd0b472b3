const known = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value))

/** Mean of those that are numbers; NaN when none is. */
export function meanOf(values: readonly number[]): number {
  const numbers = known(values)
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

/** Sample standard deviation of those that are numbers; NaN for fewer than two. */
export function spreadOf(values: readonly number[]): number {
  const numbers = known(values)
  const mean = meanOf(numbers)
  return numbers.length < 2
    ? Number.NaN
    : Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1))
}

/** Median of those that are numbers; NaN when none is. */
export function medianOf(values: readonly number[]): number {
  const numbers = known(values).sort((a, b) => a - b)
  const middle = numbers.length >> 1
  if (numbers.length % 2 === 1) return numbers[middle]!
  return numbers.length === 0 ? Number.NaN : (numbers[middle - 1]! + numbers[middle]!) / 2
}

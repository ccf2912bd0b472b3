/** Central moments of one column, scaled by `scale` so that cubes neither overflow nor vanish. */
export interface Moments {
  readonly count: number
  readonly mean: number
  readonly scale: number
  /** Sums of the scaled deviations from the mean, squared and cubed. */
  readonly squares: number
  readonly cubes: number
  /** The same of the sizes of the cubes: what rounding errors are measured by. */
  readonly sizes: number
}

// From here on the cube of one value outweighs whatever the others add.
const FAR = 1e60

/** The moments of ascending values. */
export function momentsOfSorted(sorted: Float64Array): Moments {
  const count = sorted.length
  const least = sorted[0]!
  const range = Math.min(sorted[count - 1]! - least, Number.MAX_VALUE)
  if (range === 0) return { count, mean: least, scale: 1, squares: 0, cubes: 0, sizes: 0 }
  const scale = 2 ** -Math.max(-1000, Math.floor(Math.log2(range)))
  let sum = 0
  for (let i = 0; i < count; i++) sum += sorted[i]! / count
  let remainder = 0
  for (let i = 0; i < count; i++) remainder += (sorted[i]! * scale - sum * scale) / count
  const mean = sum + remainder / scale
  let squares = 0
  let cubes = 0
  let sizes = 0
  for (let i = 0; i < count; i++) {
    const deviation = sorted[i]! * scale - sum * scale - remainder
    const square = deviation * deviation
    squares += square
    cubes += square * deviation
    sizes += square * Math.abs(deviation)
  }
  return { count, mean, scale, squares, cubes, sizes }
}

/** The sign of the skewness: -1, 1, or 0 where it is nothing but rounding errors. */
export function skewSign({ count, cubes, sizes }: Moments): number {
  return Math.abs(cubes) <= 4 * Number.EPSILON * Math.sqrt(count) * sizes ? 0 : Math.sign(cubes)
}

/** The sign of the skewness once one more value is there (Pébay 2008, updating formulas). */
export function skewSignWith(moments: Moments, value: number): number {
  const { count, mean, scale, squares, cubes, sizes } = moments
  // Two values are never skewed.
  if (count === 1) return 0
  const deviation = value * scale - mean * scale
  if (Math.abs(deviation) > FAR) return Math.sign(deviation)
  const cube = (deviation ** 3 * count * (count - 1)) / (count + 1) ** 2
  const pull = (3 * deviation * squares) / (count + 1)
  return skewSign({
    ...moments,
    cubes: cubes + cube - pull,
    sizes: sizes + Math.abs(cube) + Math.abs(pull),
  })
}

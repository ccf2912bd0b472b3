import { erf } from '../statistics/special-functions.ts'
import { deviationOf } from './unit-scores.ts'

// PyThresh looks at no more places than this, and interpolates.
const MOST_PLACES = 5000
// Gaussian kernels are zero so many bandwidths away.
const REACH = 39

/** A function looked at in places with equal steps. */
export interface Curve {
  readonly places: Float64Array
  readonly values: Float64Array
}

/** Gaussian density of ascending values with the bandwidth of Scott (1992), as in SciPy's gaussian_kde. */
export function densityOf(sorted: Float64Array, from: number, count: number): Curve {
  const n = sorted.length
  const width = deviationOf(sorted) * Math.sqrt(n / (n - 1)) * n ** -0.2
  const places = placesOf(from, count)
  const values = new Float64Array(places.length)
  const height = 1 / (n * width * Math.sqrt(2 * Math.PI))
  let first = 0
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!
    while (first < n && sorted[first]! < place - REACH * width) first++
    let sum = 0
    for (let j = first; j < n && sorted[j]! <= place + REACH * width; j++) {
      const distance = (sorted[j]! - place) / width
      sum += Math.exp((-distance * distance) / 2)
    }
    values[i] = sum * height
  }
  return { places, values }
}

/** The smooth distribution function of values in 0..1 that PyThresh uses, whose bandwidth is Scott's for a deviation of 1. */
export function distributionOf(values: Float64Array, count: number): Curve {
  const n = values.length
  const width = n ** -0.2
  const places = placesOf(0, count)
  return {
    places,
    values: places.map((place) => {
      let sum = 0
      for (const value of values) sum += (1 + erf((place - value) / width / Math.SQRT2)) / 2
      return sum / n
    }),
  }
}

/** From `from` to 1. */
function placesOf(from: number, count: number): Float64Array {
  const inner = Math.max(2, Math.min(count, MOST_PLACES))
  return Float64Array.from({ length: inner }, (_, i) =>
    i === inner - 1 ? 1 : from + (i * (1 - from)) / (inner - 1),
  )
}

/** Values brought to 0..1; as they are when all are equal. */
export function toUnit(values: Float64Array): Float64Array {
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY)
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY)
  return most > least ? values.map((value) => (value - least) / (most - least)) : values
}

/** The slope at each of places with equal steps: between the neighbours, at the ends to the only one. */
export function slopes(values: Float64Array, step: number): Float64Array {
  const last = values.length - 1
  return values.map((value, i) => {
    if (i === 0) return (values[1]! - value) / step
    if (i === last) return (value - values[last - 1]!) / step
    return (values[i + 1]! - values[i - 1]!) / (2 * step)
  })
}

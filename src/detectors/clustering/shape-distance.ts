import type { Matrix } from '../detector.ts'
import { createFourier, powerOfTwoFrom } from '../transforms/fft.ts'

/** What `nearest` found. */
export interface NearestShape {
  /** Row of the centroid. */
  centroid: number
  /** 0 for the same shape; 1 without any likeness. */
  distance: number
  /** By how many values the window lies behind the centroid where the two are most alike. */
  lag: number
}

/** Centroids that windows can be compared with. */
export interface Shapes {
  /** The nearest centroid of a window as long as they are, of mean 0 and variance 1 (or of zeros); valid until the next call. */
  nearest(window: Float64Array): NearestShape
}

/**
 * Shape-based distance (Paparrizos, Gravano 2015): one less the largest cross-correlation over all lags. A window of zeros, which is one
 * without variance, is at distance 0 of a centroid of zeros and 1 of all others (PyOD: 2 of all).
 */
export function createShapes({ data, rows, columns }: Matrix): Shapes {
  const size = powerOfTwoFrom(2 * columns - 1)
  const fourier = createFourier(size)
  const norms = Float64Array.from({ length: rows }, (_, k) =>
    normOf(data.subarray(k * columns, (k + 1) * columns)),
  )
  const spectra = Array.from({ length: rows }, (_, k) => {
    const real = new Float64Array(size)
    const imaginary = new Float64Array(size)
    real.set(data.subarray(k * columns, (k + 1) * columns))
    fourier.forward(real, imaginary)
    return { real, imaginary }
  })
  const none = { real: new Float64Array(size), imaginary: new Float64Array(size) }
  const real = new Float64Array(size)
  const imaginary = new Float64Array(size)
  const a = new Float64Array(size)
  const b = new Float64Array(size)
  const found: NearestShape = { centroid: 0, distance: 0, lag: 0 }

  const take = (centroid: number, correlations: Float64Array, norm: number): void => {
    const both = norm * norms[centroid]!
    let distance = norm === norms[centroid] ? 0 : 1
    let lag = 0
    if (both > 0) {
      let most = Number.NEGATIVE_INFINITY
      for (let i = 1 - columns; i < columns; i++) {
        const correlation = correlations[i < 0 ? i + size : i]!
        if (correlation > most) {
          most = correlation
          lag = i
        }
      }
      distance = Math.max(0, Math.min(2, 1 - most / both))
    }
    if (distance >= found.distance) return
    found.centroid = centroid
    found.distance = distance
    found.lag = lag
  }

  return {
    nearest(window) {
      const norm = normOf(window)
      found.distance = Number.POSITIVE_INFINITY
      real.set(window)
      real.fill(0, columns)
      imaginary.fill(0)
      fourier.forward(real, imaginary)
      // Cross-correlations are real, so that one transform does for two of them.
      for (let k = 0; k < rows; k += 2) {
        const first = spectra[k]!
        const second = spectra[k + 1] ?? none
        for (let i = 0; i < size; i++) {
          const c = first.real[i]! + second.imaginary[i]!
          const d = second.real[i]! - first.imaginary[i]!
          a[i] = real[i]! * c - imaginary[i]! * d
          b[i] = real[i]! * d + imaginary[i]! * c
        }
        fourier.inverse(a, b)
        take(k, a, norm)
        if (k + 1 < rows) take(k + 1, b, norm)
      }
      return found
    },
  }
}

function normOf(values: Float64Array): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!
  return Math.sqrt(squares)
}

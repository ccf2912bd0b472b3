import { createFourier } from '../transforms/fft.ts'

// What keeps the logarithm of an amplitude of zero finite.
const LEAST_AMPLITUDE = 1e-10

/**
 * How much each point of a series stands out, by its spectral residual: the amplitude spectrum is divided by its own local (geometric) mean
 * over `scoreWindow` frequencies, as if padded with ones, and transformed back with the phases it had. Not negative, as long as the
 * series; a point's saliency depends on the whole series. `scoreWindow` is at most its length, and values are below 1e150.
 */
export function saliency(series: Float64Array, scoreWindow: number): Float64Array {
  if (latest?.size !== series.length || latest.scoreWindow !== scoreWindow)
    latest = { size: series.length, scoreWindow, salient: createSaliency(series.length, scoreWindow) }
  return latest.salient(series).slice()
}

/** Its tables take longer to make than to use, and most who ask ask again for the same length. */
let latest:
  | {
      readonly size: number
      readonly scoreWindow: number
      readonly salient: (series: Float64Array) => Float64Array
    }
  | undefined

/** The same for many series of one length; the result is valid until the next call. */
export function createSaliency(size: number, scoreWindow: number): (series: Float64Array) => Float64Array {
  const fourier = createFourier(size)
  const real = new Float64Array(size)
  const imaginary = new Float64Array(size)
  const amplitudes = new Float64Array(size)
  // The logarithms of amplitudes, with nothing around them; numpy centres an even kernel half a step to the left.
  const before = scoreWindow >> 1
  const logs = new Float64Array(size + scoreWindow)

  return (series) => {
    real.set(series)
    imaginary.fill(0)
    fourier.forward(real, imaginary)
    // The spectrum of real numbers is symmetric.
    for (let k = 0; k <= size >> 1; k++) {
      const amplitude = Math.sqrt(real[k]! * real[k]! + imaginary[k]! * imaginary[k]!)
      const log = Math.log(amplitude + LEAST_AMPLITUDE)
      const mirrored = k === 0 ? 0 : size - k
      amplitudes[k] = amplitudes[mirrored] = amplitude
      logs[before + k] = logs[before + mirrored] = log
    }
    for (let k = 0; k < size; k++) {
      let sum = 0
      for (let j = 0; j < scoreWindow; j++) sum += logs[k + j]!
      const amplitude = amplitudes[k]!
      const residual = (amplitude + LEAST_AMPLITUDE) * Math.exp(-sum / scoreWindow)
      real[k] = amplitude > 0 ? (real[k]! / amplitude) * residual : residual
      imaginary[k] = amplitude > 0 ? (imaginary[k]! / amplitude) * residual : 0
    }
    fourier.inverse(real, imaginary)
    for (let t = 0; t < size; t++)
      amplitudes[t] = Math.sqrt(real[t]! * real[t]! + imaginary[t]! * imaginary[t]!)
    return amplitudes
  }
}

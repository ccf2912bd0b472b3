import { expect, it } from 'vitest'
import { createFourier, powerOfTwoFrom } from '../../../src/detectors/transforms/fft.ts'

const signal = (size: number) => ({
  real: Float64Array.from({ length: size }, (_, t) => Math.sin(t * t) + (t % 5)),
  imaginary: Float64Array.from({ length: size }, (_, t) => Math.cos(3 * t)),
})

it.each([1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 25, 30, 37, 64, 69, 77, 100, 121, 128, 360])(
  'transforms %i values as the sum of the definition does, and back',
  (size) => {
    const { real, imaginary } = signal(size)
    const fourier = createFourier(size)
    for (let again = 0; again < 2; again++) {
      const [a, b] = [real.slice(), imaginary.slice()]
      fourier.forward(a, b)
      for (let k = 0; k < size; k++) {
        let [x, y] = [0, 0]
        for (let t = 0; t < size; t++) {
          const angle = (2 * Math.PI * ((k * t) % size)) / size
          x += real[t]! * Math.cos(angle) + imaginary[t]! * Math.sin(angle)
          y += imaginary[t]! * Math.cos(angle) - real[t]! * Math.sin(angle)
        }
        expect(a[k]).toBeCloseTo(x, 9)
        expect(b[k]).toBeCloseTo(y, 9)
      }
      fourier.inverse(a, b)
      a.forEach((value, t) => {
        expect(value).toBeCloseTo(real[t]!, 11)
      })
      b.forEach((value, t) => {
        expect(value).toBeCloseTo(imaginary[t]!, 11)
      })
    }
  },
)

it('finds powers of two', () => {
  expect([1, 2, 3, 64, 65, 99].map(powerOfTwoFrom)).toEqual([1, 2, 4, 64, 128, 128])
})

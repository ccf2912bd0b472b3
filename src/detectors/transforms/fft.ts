/** The discrete Fourier transform of one length, in place on real and imaginary parts; it keeps buffers, so one caller at a time. */
export interface Fourier {
  readonly size: number
  /** X[k] = sum over t of x[t] exp(-2πi kt / size). */
  forward(real: Float64Array, imaginary: Float64Array): void
  /** The reverse of `forward`. */
  inverse(real: Float64Array, imaginary: Float64Array): void
}

/**
 * A transform of any length in O(n log n): Cooley and Tukey's for products of 2, 3 and 5, and Bluestein's (1970) over one of those for all
 * others.
 */
export function createFourier(size: number): Fourier {
  const factors = factorsOf(size)
  const forward = factors === undefined ? bluestein(size) : mixed(size, factors)
  return {
    size,
    forward,
    inverse(real, imaginary) {
      // With the parts exchanged a transform turns the other way round.
      forward(imaginary, real)
      for (let i = 0; i < size; i++) {
        real[i]! /= size
        imaginary[i]! /= size
      }
    },
  }
}

/** The least power of two that is not less. */
export function powerOfTwoFrom(size: number): number {
  let power = 1
  while (power < size) power *= 2
  return power
}

type Transform = Fourier['forward']
type Radix = keyof typeof BUTTERFLIES

/** Undefined when a prime above 5 is among them. */
function factorsOf(size: number): readonly Radix[] | undefined {
  const factors: Radix[] = []
  let left = size
  for (const radix of [4, 2, 5, 3] as const) for (; left % radix === 0; left /= radix) factors.push(radix)
  return left === 1 ? factors : undefined
}

interface Parts {
  readonly real: Float64Array
  readonly imaginary: Float64Array
}

/** Transforms `radix` parts of `length` values each, `stride` apart, into one place after another (Stockham). */
interface Pass {
  readonly from: Parts
  readonly to: Parts
  /** Groups of a pass: each has its own factors. */
  readonly groups: number
  readonly stride: number
  /** The factors of a group after each other, the first of which, 1, is left out: powers of a root of unity. */
  readonly cosines: Float64Array
  readonly sines: Float64Array
}

function mixed(size: number, factors: readonly Radix[]): Transform {
  const parts = (): Parts => ({ real: new Float64Array(size), imaginary: new Float64Array(size) })
  const first = parts()
  let from = first
  let to = parts()
  let length = size
  const passes = factors.map((radix) => {
    const groups = length / radix
    const turn = (i: number) =>
      (2 * Math.PI * Math.floor(i / (radix - 1)) * (1 + (i % (radix - 1)))) / (groups * radix)
    const count = groups * (radix - 1)
    const pass: Pass = {
      from,
      to,
      groups,
      stride: size / length,
      cosines: Float64Array.from({ length: count }, (_, i) => Math.cos(turn(i))),
      sines: Float64Array.from({ length: count }, (_, i) => -Math.sin(turn(i))),
    }
    length = groups
    ;[from, to] = [to, from]
    return { butterfly: BUTTERFLIES[radix], pass }
  })
  const last = from

  return (real, imaginary) => {
    first.real.set(real)
    first.imaginary.set(imaginary)
    for (const { butterfly, pass } of passes) butterfly(pass)
    real.set(last.real)
    imaginary.set(last.imaginary)
  }
}

const BUTTERFLIES = { 2: two, 3: three, 4: four, 5: five } as const

function two({ from, to, groups, stride, cosines, sines }: Pass): void {
  const { real, imaginary } = from
  const apart = groups * stride
  for (let group = 0; group < groups; group++) {
    const c = cosines[group]!
    const s = sines[group]!
    for (let i = group * stride, o = 2 * group * stride, end = i + stride; i < end; i++, o++) {
      const a = real[i]! - real[i + apart]!
      const b = imaginary[i]! - imaginary[i + apart]!
      to.real[o] = real[i]! + real[i + apart]!
      to.imaginary[o] = imaginary[i]! + imaginary[i + apart]!
      to.real[o + stride] = a * c - b * s
      to.imaginary[o + stride] = a * s + b * c
    }
  }
}

const SINE_3 = Math.sqrt(3) / 2

function three({ from, to, groups, stride, cosines, sines }: Pass): void {
  const { real, imaginary } = from
  const apart = groups * stride
  for (let group = 0; group < groups; group++) {
    const c1 = cosines[2 * group]!
    const s1 = sines[2 * group]!
    const c2 = cosines[2 * group + 1]!
    const s2 = sines[2 * group + 1]!
    for (let i = group * stride, o = 3 * group * stride, end = i + stride; i < end; i++, o++) {
      const sumReal = real[i + apart]! + real[i + 2 * apart]!
      const sumImaginary = imaginary[i + apart]! + imaginary[i + 2 * apart]!
      const a = SINE_3 * (imaginary[i + apart]! - imaginary[i + 2 * apart]!)
      const b = SINE_3 * (real[i + apart]! - real[i + 2 * apart]!)
      const x = real[i]! - sumReal / 2
      const y = imaginary[i]! - sumImaginary / 2
      to.real[o] = real[i]! + sumReal
      to.imaginary[o] = imaginary[i]! + sumImaginary
      to.real[o + stride] = (x + a) * c1 - (y - b) * s1
      to.imaginary[o + stride] = (x + a) * s1 + (y - b) * c1
      to.real[o + 2 * stride] = (x - a) * c2 - (y + b) * s2
      to.imaginary[o + 2 * stride] = (x - a) * s2 + (y + b) * c2
    }
  }
}

function four({ from, to, groups, stride, cosines, sines }: Pass): void {
  const { real, imaginary } = from
  const { real: outReal, imaginary: outImaginary } = to
  const apart = groups * stride
  for (let group = 0; group < groups; group++) {
    const c1 = cosines[3 * group]!
    const s1 = sines[3 * group]!
    const c2 = cosines[3 * group + 1]!
    const s2 = sines[3 * group + 1]!
    const c3 = cosines[3 * group + 2]!
    const s3 = sines[3 * group + 2]!
    for (let i = group * stride, o = 4 * group * stride, end = i + stride; i < end; i++, o++) {
      const a = real[i]! + real[i + 2 * apart]!
      const b = imaginary[i]! + imaginary[i + 2 * apart]!
      const c = real[i]! - real[i + 2 * apart]!
      const d = imaginary[i]! - imaginary[i + 2 * apart]!
      const e = real[i + apart]! + real[i + 3 * apart]!
      const f = imaginary[i + apart]! + imaginary[i + 3 * apart]!
      const g = real[i + apart]! - real[i + 3 * apart]!
      const h = imaginary[i + apart]! - imaginary[i + 3 * apart]!
      outReal[o] = a + e
      outImaginary[o] = b + f
      outReal[o + stride] = (c + h) * c1 - (d - g) * s1
      outImaginary[o + stride] = (c + h) * s1 + (d - g) * c1
      outReal[o + 2 * stride] = (a - e) * c2 - (b - f) * s2
      outImaginary[o + 2 * stride] = (a - e) * s2 + (b - f) * c2
      outReal[o + 3 * stride] = (c - h) * c3 - (d + g) * s3
      outImaginary[o + 3 * stride] = (c - h) * s3 + (d + g) * c3
    }
  }
}

const COSINE_5 = Math.cos((2 * Math.PI) / 5)
const COSINE_5_TWICE = Math.cos((4 * Math.PI) / 5)
const SINE_5 = Math.sin((2 * Math.PI) / 5)
const SINE_5_TWICE = Math.sin((4 * Math.PI) / 5)

function five({ from, to, groups, stride, cosines, sines }: Pass): void {
  const { real, imaginary } = from
  const { real: outReal, imaginary: outImaginary } = to
  const apart = groups * stride
  for (let group = 0; group < groups; group++) {
    const c1 = cosines[4 * group]!
    const s1 = sines[4 * group]!
    const c2 = cosines[4 * group + 1]!
    const s2 = sines[4 * group + 1]!
    const c3 = cosines[4 * group + 2]!
    const s3 = sines[4 * group + 2]!
    const c4 = cosines[4 * group + 3]!
    const s4 = sines[4 * group + 3]!
    for (let i = group * stride, o = 5 * group * stride, end = i + stride; i < end; i++, o++) {
      const x = real[i]!
      const y = imaginary[i]!
      const a = real[i + apart]! + real[i + 4 * apart]!
      const b = imaginary[i + apart]! + imaginary[i + 4 * apart]!
      const c = real[i + apart]! - real[i + 4 * apart]!
      const d = imaginary[i + apart]! - imaginary[i + 4 * apart]!
      const e = real[i + 2 * apart]! + real[i + 3 * apart]!
      const f = imaginary[i + 2 * apart]! + imaginary[i + 3 * apart]!
      const g = real[i + 2 * apart]! - real[i + 3 * apart]!
      const h = imaginary[i + 2 * apart]! - imaginary[i + 3 * apart]!
      const nearX = x + a * COSINE_5 + e * COSINE_5_TWICE
      const nearY = y + b * COSINE_5 + f * COSINE_5_TWICE
      const farX = x + a * COSINE_5_TWICE + e * COSINE_5
      const farY = y + b * COSINE_5_TWICE + f * COSINE_5
      const p = d * SINE_5 + h * SINE_5_TWICE
      const q = c * SINE_5 + g * SINE_5_TWICE
      const r = d * SINE_5_TWICE - h * SINE_5
      const s = c * SINE_5_TWICE - g * SINE_5
      outReal[o] = x + a + e
      outImaginary[o] = y + b + f
      outReal[o + stride] = (nearX + p) * c1 - (nearY - q) * s1
      outImaginary[o + stride] = (nearX + p) * s1 + (nearY - q) * c1
      outReal[o + 2 * stride] = (farX + r) * c2 - (farY - s) * s2
      outImaginary[o + 2 * stride] = (farX + r) * s2 + (farY - s) * c2
      outReal[o + 3 * stride] = (farX - r) * c3 - (farY + s) * s3
      outImaginary[o + 3 * stride] = (farX - r) * s3 + (farY + s) * c3
      outReal[o + 4 * stride] = (nearX - p) * c4 - (nearY + q) * s4
      outImaginary[o + 4 * stride] = (nearX - p) * s4 + (nearY + q) * c4
    }
  }
}

/** As a convolution with a chirp, kt = (k² + t² - (k - t)²) / 2, of a power of two of points. */
function bluestein(size: number): Transform {
  const padded = powerOfTwoFrom(2 * size - 1)
  const inner = mixed(padded, factorsOf(padded)!)
  const cosines = new Float64Array(size)
  const sines = new Float64Array(size)
  // The square is kept small: cosines of large angles are less exact.
  for (let i = 0, square = 0; i < size; i++) {
    cosines[i] = Math.cos((Math.PI * square) / size)
    sines[i] = -Math.sin((Math.PI * square) / size)
    square = (square + 2 * i + 1) % (2 * size)
  }
  const chirpReal = new Float64Array(padded)
  const chirpImaginary = new Float64Array(padded)
  for (let i = 0; i < size; i++) {
    chirpReal[i] = chirpReal[(padded - i) % padded] = cosines[i]! / padded
    chirpImaginary[i] = chirpImaginary[(padded - i) % padded] = -sines[i]! / padded
  }
  inner(chirpReal, chirpImaginary)
  const a = new Float64Array(padded)
  const b = new Float64Array(padded)

  return (real, imaginary) => {
    for (let i = 0; i < size; i++) {
      a[i] = real[i]! * cosines[i]! - imaginary[i]! * sines[i]!
      b[i] = real[i]! * sines[i]! + imaginary[i]! * cosines[i]!
    }
    a.fill(0, size)
    b.fill(0, size)
    inner(a, b)
    for (let i = 0; i < padded; i++) {
      const product = a[i]! * chirpReal[i]! - b[i]! * chirpImaginary[i]!
      b[i] = a[i]! * chirpImaginary[i]! + b[i]! * chirpReal[i]!
      a[i] = product
    }
    inner(b, a)
    for (let i = 0; i < size; i++) {
      real[i] = a[i]! * cosines[i]! - b[i]! * sines[i]!
      imaginary[i] = a[i]! * sines[i]! + b[i]! * cosines[i]!
    }
  }
}

import { betaFraction, erf, logFactorial } from './special-functions.ts'

const STEPS = 100
const CLOSE = 4 * Number.EPSILON

/** What a standard normal number is above with this probability, 0 to 1. */
export function normalUpperQuantile(probability: number): number {
  if (probability > 0.5) return -normalUpperQuantile(1 - probability)
  if (!(probability > 0)) return Number.POSITIVE_INFINITY
  // Abramowitz, Stegun 26.2.23, then the steps of Newton.
  const root = Math.sqrt(-2 * Math.log(probability))
  let z =
    root -
    (2.515517 + 0.802853 * root + 0.010328 * root * root) /
      (1 + 1.432788 * root + 0.189269 * root * root + 0.001308 * root ** 3)
  for (let step = 0; step < STEPS; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
    const change = ((1 - erf(z / Math.SQRT2)) / 2 - probability) / density
    if (!Number.isFinite(change)) break
    z += change
    if (Math.abs(change) <= CLOSE * Math.abs(z)) break
  }
  return z
}

/** What a number of Student's distribution is above with this probability, above 0 and at most 0.5. */
export function studentUpperQuantile(probability: number, degrees: number): number {
  if (probability >= 0.5) return 0
  const a = degrees / 2
  const logBeta = logGamma(a) + logGamma(0.5) - logGamma(a + 0.5)
  let t = normalUpperQuantile(probability)
  // Newton's steps for the logarithm of the probability, which is all but straight in the logarithm of a far t.
  for (let step = 0; step < STEPS; step++) {
    const x = degrees / (degrees + t * t)
    const rest = (t * t) / (degrees + t * t)
    const front = Math.exp(a * Math.log(x) + 0.5 * Math.log(rest) - logBeta)
    const above =
      x < (a + 1) / (a + 2.5)
        ? (front * betaFraction(a, 0.5, x)) / a / 2
        : (1 - (front * betaFraction(0.5, a, rest)) / 0.5) / 2
    const density = Math.exp(((degrees + 1) / 2) * Math.log(x) - logBeta) / Math.sqrt(degrees)
    const change = (Math.log(above / probability) * above) / (density * t)
    const next = t * Math.exp(change)
    const done = Math.abs(next - t) <= CLOSE * t
    t = next
    if (done) break
  }
  return t
}

/** Natural logarithm of the gamma function of a positive number. */
function logGamma(x: number): number {
  if (x >= 17) return logFactorial(x - 1)
  let below = 0
  for (let i = 0; i < 17; i++) below += Math.log(x + i)
  return logFactorial(x + 16) - below
}

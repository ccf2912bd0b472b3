const SMALLEST = 1e-300
const PRECISION = 1e-16

/** The error function, to about 1e-15. */
export function erf(x: number): number {
  const size = Math.abs(x)
  if (size > 6) return Math.sign(x)
  if (size < 2.5) {
    // All terms of this series have one sign, so nothing cancels (Abramowitz, Stegun 7.1.6).
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > PRECISION * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1)
      sum += term
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
  }
  // Continued fraction of erfc (Abramowitz, Stegun 7.1.14), from its far end.
  let fraction = 0
  for (let n = 120; n >= 1; n--) fraction = n / 2 / (size + fraction)
  const complement = Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction)
  return Math.sign(x) * (1 - complement)
}

/** Natural logarithm of n!, by Stirling's series beyond a table-free exact range. */
export function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1
    for (let i = 2; i <= n; i++) product *= i
    return Math.log(product)
  }
  const x = n + 1
  const inverse = 1 / (x * x)
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / x
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series
}

/**
 * Probability of at most `successes` of `trials`, each of probability `p`: the regularised incomplete beta
 * function I(1-p; trials-successes, successes+1).
 */
export function binomialCdf(successes: number, trials: number, p: number): number {
  if (successes >= trials) return 1
  if (successes < 0) return 0
  if (p <= 0) return 1
  if (p >= 1) return 0
  const a = trials - successes
  const b = successes + 1
  const x = 1 - p
  const logFront =
    logFactorial(trials) -
    logFactorial(trials - successes - 1) -
    logFactorial(successes) +
    a * Math.log(x) +
    b * Math.log(p)
  const front = Math.exp(logFront)
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, p)) / b
}

/** Continued fraction of the incomplete beta function by Lentz's method (Abramowitz, Stegun 26.5.8). */
export function betaFraction(a: number, b: number, x: number): number {
  const safe = (value: number): number => (Math.abs(value) < SMALLEST ? SMALLEST : value)
  let c = 1
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / safe(1 + even * d)
    c = safe(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / safe(1 + odd * d)
    c = safe(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < PRECISION * 4) break
  }
  return result
}

const PRECISION = 1e-16
const SMALLEST = 1e-300

/** Probability that a chi-squared variable of `degrees` (a whole number) of freedom is at most `x`. */
export function chiSquaredCdf(x: number, degrees: number): number {
  if (x <= 0) return 0
  if (x === Number.POSITIVE_INFINITY) return 1
  const a = degrees / 2
  const half = x / 2
  const front = Math.exp(a * Math.log(half) - half - logGammaOfHalf(degrees))
  if (half < a + 1) {
    // The series of the lower incomplete gamma function (Abramowitz, Stegun 6.5.29).
    let term = 1 / a
    let sum = term
    for (let n = 1; term > PRECISION * sum; n++) {
      term *= half / (a + n)
      sum += term
    }
    return front * sum
  }
  // The continued fraction of the upper one by Lentz's method (Abramowitz, Stegun 6.5.31).
  let b = half + 1 - a
  let c = 1 / SMALLEST
  let d = 1 / b
  let fraction = d
  for (let n = 1; n <= 10_000; n++) {
    const factor = -n * (n - a)
    b += 2
    d = 1 / safe(factor * d + b)
    c = safe(b + factor / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 4 * PRECISION) break
  }
  return 1 - front * fraction
}

/** The value that a chi-squared variable stays below with probability `p`; infinite for 1. */
export function chiSquaredQuantile(p: number, degrees: number): number {
  if (p <= 0) return 0
  if (p >= 1) return Number.POSITIVE_INFINITY
  let low = 0
  let high = degrees
  while (chiSquaredCdf(high, degrees) < p) high *= 2
  // Bisection ends where no number lies between: about 60 steps, taken a few times a training.
  for (let middle = high / 2; middle > low && middle < high; middle = low + (high - low) / 2) {
    if (chiSquaredCdf(middle, degrees) < p) low = middle
    else high = middle
  }
  return high
}

function safe(value: number): number {
  return Math.abs(value) < SMALLEST ? SMALLEST : value
}

/** Logarithm of the gamma function at half of a whole number. */
function logGammaOfHalf(twice: number): number {
  let log = twice % 2 === 0 ? 0 : Math.log(Math.PI) / 2
  for (let k = twice % 2 === 0 ? 2 : 1; k < twice; k += 2) log += Math.log(k / 2)
  return log
}

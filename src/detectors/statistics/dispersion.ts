import { countBelow, countUpTo } from './sorted.ts'

/** How far values are spread: mean absolute deviation from the mean, population variance, or distance between the quartiles. */
export const DISPERSIONS = ['aad', 'var', 'iqr'] as const
export type DispersionKind = (typeof DISPERSIONS)[number]

/** Values that become more, and their dispersion after each. */
export interface GrowingValues {
  clear(): void
  /** Adds one of the values that it was made for, by its number. */
  add(number: number): void
  dispersion(): number
}

/** The dispersion of settled values together with a few more, which are not kept; finite for sizes up to 1e150. */
export type DispersionWith = (more: Float64Array) => number

/**
 * Takes any of `values` in any order; each costs the logarithm of their number, because counts and sums of the values up to a rank stand in
 * a binary indexed tree (Fenwick 1994).
 */
export function createGrowingValues(kind: DispersionKind, values: Float64Array): GrowingValues {
  const sorted = values.slice().sort()
  const ranks = Int32Array.from(values, (value) => countBelow(sorted, value))
  const size = sorted.length
  const counts = new Int32Array(size + 1)
  const sums = new Float64Array(size + 1)
  let count = 0
  let sum = 0
  let mean = 0
  let squares = 0

  const meanDeviation = (): number => {
    const middle = sum / count
    let below = 0
    let sumBelow = 0
    for (let i = countUpTo(sorted, middle); i > 0; i &= i - 1) {
      below += counts[i]!
      sumBelow += sums[i]!
    }
    return (2 * (middle * below - sumBelow) + sum - middle * count) / count
  }
  const top = 2 ** Math.floor(Math.log2(Math.max(size, 1)))
  const smallest = (place: number): number => {
    let at = 0
    let rest = place
    for (let step = top; step > 0; step >>= 1)
      if (at + step <= size && counts[at + step]! <= rest) {
        at += step
        rest -= counts[at]!
      }
    return sorted[at]!
  }
  return {
    clear() {
      counts.fill(0)
      sums.fill(0)
      count = 0
      sum = 0
      mean = 0
      squares = 0
    },
    add(number) {
      const value = values[number]!
      count++
      sum += value
      if (kind === 'var') {
        const difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
        return
      }
      for (let i = ranks[number]! + 1; i <= size; i += i & -i) {
        counts[i]!++
        sums[i]! += value
      }
    },
    dispersion() {
      if (kind === 'var') return squares / count
      return kind === 'aad' ? meanDeviation() : quartileDistance(count, smallest)
    },
  }
}

/** For values that stay: they are taken over, and sorted. */
export function createSettledValues(kind: DispersionKind, values: Float64Array): DispersionWith {
  const sorted = values.sort()
  const size = sorted.length
  const sums = new Float64Array(size + 1)
  for (let i = 0; i < size; i++) sums[i + 1] = sums[i]! + sorted[i]!
  const mean = size > 0 ? sums[size]! / size : 0
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0)

  const meanDeviation: DispersionWith = (more) => {
    let sum = sums[size]!
    for (let i = 0; i < more.length; i++) sum += more[i]!
    const middle = sum / (size + more.length)
    const below = countUpTo(sorted, middle)
    let deviations = 2 * (middle * below - sums[below]!) + sums[size]! - middle * size
    for (let i = 0; i < more.length; i++) deviations += Math.abs(more[i]! - middle)
    return deviations / (size + more.length)
  }
  // Chan, Golub, LeVeque (1983): the variance of two samples together.
  const variance: DispersionWith = (more) => {
    const count = more.length
    if (count === 0) return squares / size
    let sum = 0
    for (let i = 0; i < count; i++) sum += more[i]!
    const own = sum / count
    let ownSquares = 0
    for (let i = 0; i < count; i++) ownSquares += (more[i]! - own) ** 2
    return (squares + ownSquares + ((own - mean) ** 2 * size * count) / (size + count)) / (size + count)
  }
  const quartiles: DispersionWith = (more) => {
    const few = more.slice().sort()
    return quartileDistance(size + few.length, (place) => smallestOf(sorted, few, place))
  }
  return { aad: meanDeviation, var: variance, iqr: quartiles }[kind]
}

/** The distance of the quartiles with linear interpolation, as numpy has it; `smallest` gives the value at a place of the ascending order. */
function quartileDistance(count: number, smallest: (place: number) => number): number {
  const quartile = (share: number): number => {
    const place = share * (count - 1)
    const below = Math.floor(place)
    const low = smallest(below)
    return place === below ? low : low + (place - below) * (smallest(below + 1) - low)
  }
  return quartile(0.75) - quartile(0.25)
}

/** The value at a place of the ascending order of many and a few ascending values. */
function smallestOf(many: Float64Array, few: Float64Array, place: number): number {
  for (let taken = 0; taken < few.length; taken++) {
    // With so many of the few before it, the value is the next of the many, or the next of the few, or behind that.
    const rest = place - taken
    if (rest < many.length && many[rest]! <= few[taken]!) return many[rest]!
    if (rest === 0 || (rest <= many.length && many[rest - 1]! <= few[taken]!)) return few[taken]!
  }
  return many[place - few.length]!
}

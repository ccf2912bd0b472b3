import type { Matrix } from '../detector.ts'
import type { Kernel } from './kernel.ts'
import { createKernelCache } from './kernel-cache.ts'

export interface OneClassSettings {
  readonly kernel: Kernel
  /** Share of the rows that may lie outside, at most: the weights sum to it, times the rows. */
  readonly nu: number
  /** How far two gradients that should be equal may differ in the end. */
  readonly tolerance: number
  /** Leave rows out for a while whose weights seem to be settled at 0 or 1. */
  readonly shrinking: boolean
  readonly cacheMegabytes: number
  /** Steps at most; as many as it takes when it is negative. */
  readonly steps: number
}

export interface OneClass {
  /** 0..1, one a row: rows with 0 do not matter. */
  readonly weights: Float64Array
  /** A row is outside when the weighted sum of its kernel values is less. */
  readonly offset: number
  /** The weighted sum of the kernel values of each row, in double precision. */
  readonly sums: Float64Array
}

// Kernel values are used in single precision.
const single = Math.fround
const LOWER = 0
const FREE = 1
const UPPER = 2
// What stands in for the curvature of a pair that has none.
const TAU = 1e-12
const SHRINK_EVERY = 1000
// Without a smaller violation in so many steps, and so many a row, rounding has eaten the progress.
const PATIENCE = 10_000
const PATIENCE_PER_ROW = 100

/**
 * The one-class support vector machine (Schölkopf 2001): minimises half of w'Kw for weights w in 0..1 of a fixed sum, two of them at a
 * time, chosen by second-order information (Fan, Chen, Lin 2005), with shrinking. Steps, order and single precision of the kernel are
 * those of libsvm, so that the result is the same at a loose tolerance too.
 */
export function solveOneClass(data: Matrix, settings: OneClassSettings): OneClass {
  const { nu, tolerance, shrinking } = settings
  const count = data.rows
  const cache = createKernelCache(data, settings.kernel, settings.cacheMegabytes)
  const { diagonal } = cache
  const weights = startingWeights(count, nu)
  const status = Uint8Array.from(weights, statusOf)
  const gradient = new Float64Array(count)
  /** The part of the gradient that weights at their upper bound make. */
  const settled = new Float64Array(count)
  const order = Int32Array.from({ length: count }, (_, i) => i)
  let active = count
  let first = -1
  let second = -1
  let reopened = false

  for (let i = 0; i < count; i++) {
    if (status[i] === LOWER) continue
    const row = cache.row(i, count)
    addScaled(gradient, weights[i]!, row, 0, count)
    if (shrinking && status[i] === UPPER) addScaled(settled, 1, row, 0, count)
  }

  /** Chooses the pair to change; returns by how much it violates the optimum. */
  const selectPair = (): number => {
    second = -1
    first = steepest(gradient, status, active)
    if (first < 0) return 0
    const partner = partnerOf(first, cache.row(first, active), { gradient, status, diagonal, active })
    second = partner.index
    return partner.violation
  }

  /** Moves weight between the chosen two, and what follows from it. */
  const step = (): void => {
    const [i, j] = [first, second]
    const rowI = cache.row(i, active)
    const rowJ = cache.row(j, active)
    const [oldI, oldJ] = [weights[i]!, weights[j]!]
    const curvature = diagonal[i]! + diagonal[j]! - 2 * single(rowI[j]!)
    const move = (gradient[i]! - gradient[j]!) / (curvature > 0 ? curvature : TAU)
    const sum = oldI + oldJ
    // At most 1 each and not negative, with the sum unchanged.
    const least = Math.max(0, sum - 1)
    const most = Math.min(1, sum)
    let [newI, newJ] = [oldI - move, oldJ + move]
    if (newI > most || newJ < least) [newI, newJ] = [most, sum > 1 ? sum - 1 : 0]
    else if (newI < least || newJ > most) [newI, newJ] = [sum > 1 ? sum - 1 : 0, most]
    weights[i] = newI
    weights[j] = newJ
    const deltaI = newI - oldI
    const deltaJ = newJ - oldJ
    addTwo(gradient, active, { rowI, deltaI, rowJ, deltaJ })
    restate(i)
    restate(j)
  }

  const restate = (i: number): void => {
    const wasUpper = status[i] === UPPER
    status[i] = statusOf(weights[i]!)
    const isUpper = status[i] === UPPER
    if (shrinking && wasUpper !== isUpper) addScaled(settled, isUpper ? 1 : -1, cache.row(i, count), 0, count)
  }

  /** Makes the gradient of the rows that were left out current, and lets them in again. */
  const reopen = (): void => {
    if (active === count) return
    for (let j = active; j < count; j++) gradient[j] = settled[j]!
    let free = 0
    for (let i = 0; i < active; i++) if (status[i] === FREE) free++
    if (free * count > 2 * active * (count - active)) {
      for (let i = active; i < count; i++) {
        const row = cache.row(i, active)
        for (let j = 0; j < active; j++) if (status[j] === FREE) gradient[i]! += weights[j]! * single(row[j]!)
      }
    } else
      for (let i = 0; i < active; i++)
        if (status[i] === FREE) addScaled(gradient, weights[i]!, cache.row(i, count), active, count)
    active = count
  }

  const shrink = (): void => {
    let up = Number.NEGATIVE_INFINITY
    let down = Number.NEGATIVE_INFINITY
    for (let i = 0; i < active; i++) {
      if (status[i] !== UPPER && -gradient[i]! >= up) up = -gradient[i]!
      if (status[i] !== LOWER && gradient[i]! >= down) down = gradient[i]!
    }
    if (!reopened && up + down <= tolerance * 10) {
      reopened = true
      reopen()
    }
    const isSettled = (i: number): boolean =>
      status[i] === UPPER ? -gradient[i]! > up : status[i] === LOWER && gradient[i]! > down
    for (let i = 0; i < active; i++) {
      if (!isSettled(i)) continue
      active--
      while (active > i && isSettled(active)) active--
      if (active > i) swap(i, active)
    }
  }

  const swap = (a: number, b: number): void => {
    cache.swap(a, b)
    for (const values of [weights, gradient, settled, status, order]) {
      const value = values[a]!
      values[a] = values[b]!
      values[b] = value
    }
  }

  const patience = PATIENCE + PATIENCE_PER_ROW * count
  let leastViolation = Number.POSITIVE_INFINITY
  let since = 0
  let untilShrink = Math.min(count, SHRINK_EVERY) + 1
  for (let steps = 0; steps !== settings.steps && since < patience; steps++) {
    if (--untilShrink === 0) {
      untilShrink = Math.min(count, SHRINK_EVERY)
      if (shrinking) shrink()
    }
    let violation = selectPair()
    if (second < 0 || violation < tolerance) {
      reopen()
      violation = selectPair()
      if (second < 0 || violation < tolerance) break
      untilShrink = 1
    }
    since++
    if (violation < leastViolation) {
      leastViolation = violation
      since = 0
    }
    step()
  }
  reopen()
  const sums = new Float64Array(count)
  const missing: number[] = []
  for (let i = 0; i < count; i++) {
    if (status[i] === LOWER) continue
    const row = cache.known(i)
    if (row === undefined) missing.push(i)
    else addExactly(sums, weights[i]!, row)
  }
  for (const i of missing) addExactly(sums, weights[i]!, cache.row(i, count))
  return {
    weights: inOrder(weights, order),
    sums: inOrder(sums, order),
    offset: offsetOf(gradient, status),
  }
}

function inOrder(values: Float64Array, order: Int32Array): Float64Array {
  const result = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) result[order[i]!] = values[i]!
  return result
}

/** Full weights for the first rows, until the sum is reached. */
function startingWeights(count: number, nu: number): Float64Array {
  const weights = new Float64Array(count)
  let rest = 0
  for (let i = 0; i < count; i++) rest += nu
  for (let i = 0; i < count && rest > 0; i++) {
    weights[i] = Math.min(1, rest)
    rest -= weights[i]!
  }
  return weights
}

function statusOf(weight: number): number {
  return weight >= 1 ? UPPER : weight <= 0 ? LOWER : FREE
}

// The loops over all rows stand in functions of their own: what calls a function that each training makes anew is compiled again for each.

/** The row that gains most from more weight, the last of equal ones; -1 where all weights are full. */
function steepest(gradient: Float64Array, status: Uint8Array, end: number): number {
  let up = Number.NEGATIVE_INFINITY
  let first = -1
  for (let i = 0; i < end; i++)
    if (status[i] !== UPPER && -gradient[i]! >= up) {
      up = -gradient[i]!
      first = i
    }
  return first
}

interface Candidates {
  readonly gradient: Float64Array
  readonly status: Uint8Array
  readonly diagonal: Float64Array
  /** How many of them there are. */
  readonly active: number
}

interface Partner {
  /** -1 where there is none. */
  readonly index: number
  readonly violation: number
}

/** The row that gives weight to the first, by second-order information. */
function partnerOf(
  first: number,
  row: Float64Array,
  { gradient, status, diagonal, active }: Candidates,
): Partner {
  const up = -gradient[first]!
  const own = diagonal[first]!
  let down = Number.NEGATIVE_INFINITY
  let best = Number.NEGATIVE_INFINITY
  let index = -1
  for (let j = 0; j < active; j++) {
    if (status[j] === LOWER) continue
    const slope = gradient[j]!
    if (slope >= down) down = slope
    const difference = up + slope
    if (!(difference > 0)) continue
    const curvature = own + diagonal[j]! - 2 * single(row[j]!)
    const gain = (difference * difference) / (curvature > 0 ? curvature : TAU)
    if (gain < best) continue
    best = gain
    index = j
  }
  return { index, violation: index < 0 ? 0 : up + down }
}

interface TwoRows {
  readonly rowI: Float64Array
  readonly deltaI: number
  readonly rowJ: Float64Array
  readonly deltaJ: number
}

function addTwo(to: Float64Array, end: number, { rowI, deltaI, rowJ, deltaJ }: TwoRows): void {
  for (let k = 0; k < end; k++) to[k]! += single(rowI[k]!) * deltaI + single(rowJ[k]!) * deltaJ
}

function addScaled(to: Float64Array, factor: number, values: Float64Array, from: number, end: number): void {
  for (let i = from; i < end; i++) to[i]! += factor * single(values[i]!)
}

function addExactly(to: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * values[i]!
}

/** The gradient of free weights, or the middle of what the others leave for it. */
function offsetOf(gradient: Float64Array, status: Uint8Array): number {
  let sum = 0
  let free = 0
  let high = Number.POSITIVE_INFINITY
  let low = Number.NEGATIVE_INFINITY
  for (let i = 0; i < gradient.length; i++) {
    const slope = gradient[i]!
    if (status[i] === UPPER) low = Math.max(low, slope)
    else if (status[i] === LOWER) high = Math.min(high, slope)
    else {
      sum += slope
      free++
    }
  }
  if (free > 0) return sum / free
  // All weights are full, or (never) none is.
  if (high === Number.POSITIVE_INFINITY) return low
  return low === Number.NEGATIVE_INFINITY ? high : (high + low) / 2
}

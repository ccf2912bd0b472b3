/** How affine a row is to others: exp(-precision (distance - least)); `total` is the sum over the rows that it was found for. */
export interface Affinity {
  /** Infinite where only the rows at the least distance count. */
  readonly precision: number
  readonly least: number
  readonly total: number
}

export interface PerplexityTarget {
  /** Two to the power of the entropy of the affinities: how many neighbours a row has, so to say. */
  readonly perplexity: number
  /** How far off its natural logarithm may be. */
  readonly eps: number
}

// Affinities below exp(-40) change no sum.
const NEGLIGIBLE = 40
// From here on exp(-x) is 0.
const VANISHED = 745.14
const LONGEST_STEP = 3
const STEPS = 200
const TRIES = 5000

/** The affinity to a row at `distance`. */
export function affinityTo({ precision, least }: Affinity, distance: number): number {
  return distance === least ? 1 : Math.exp(-precision * (distance - least))
}

/**
 * Finds, for the distances of a row, affinities of a perplexity. PyOD doubles or halves the precision, from 1, until the perplexity is
 * between two of them, then bisects, and stops within `eps`; the precision found here is the very same. It comes
 * faster: with the true one, which Newton's method finds soon, most turns of the bisection are known without a sum over all rows.
 */
export function createAffinitySearch({
  perplexity,
  eps,
}: PerplexityTarget): (distances: Float64Array) => Affinity {
  const wanted = Math.log(perplexity)
  // Precision times mean distance of the row before: rows of one data set are alike, whatever their unit.
  let usual = 4
  return (distances) => {
    const { least, mean, ties } = summarise(distances)
    if (Math.log(ties) >= wanted) return { precision: Number.POSITIVE_INFINITY, least, total: ties }
    const probe = { distances, least, wanted, total: 0, first: 0, second: 0 }
    const root = solve(probe, Math.min(Math.max(usual / mean, 1e-300), 1e300), eps)
    usual = Math.min(Math.max(root.precision * mean, 1e-3), 1e6)
    const precision = bisect(probe, root, eps)
    return { precision, least, total: probe.total }
  }
}

/** The distances of one row; the sums are those of the last measurement. */
interface Probe {
  readonly distances: Float64Array
  readonly least: number
  readonly wanted: number
  total: number
  /** Distances beyond the least, and their squares, weighed by the affinities. */
  first: number
  second: number
}

/** How much the entropy is above the one that is wanted. */
function measure(probe: Probe, precision: number): number {
  const { distances, least } = probe
  let total = 0
  let first = 0
  let second = 0
  for (let i = 0; i < distances.length; i++) {
    const beyond = distances[i]! - least
    const exponent = precision * beyond
    if (exponent > NEGLIGIBLE) continue
    const affinity = Math.exp(-exponent)
    const moment = affinity * beyond
    total += affinity
    first += moment
    second += moment * beyond
  }
  probe.total = total
  probe.first = first
  probe.second = second
  return Math.log(total) + (precision * first) / total - probe.wanted
}

/** How fast the entropy falls as the logarithm of the precision grows, at the precision that was measured last. */
function slopeAt({ total, first, second }: Probe, precision: number): number {
  const average = first / total
  return Math.max(0, precision * precision * (second / total - average * average))
}

interface Root {
  readonly precision: number
  /** How far the logarithm of the precision may be off before the entropy is off by eps. */
  readonly width: number
}

/** Newton's method over the logarithm of the precision, kept between what is known to be too small and too large. */
function solve(probe: Probe, start: number, eps: number): Root {
  let x = Math.log(start)
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  let slope = 0
  for (let step = 0; step < STEPS; step++) {
    const precision = Math.exp(x)
    const excess = measure(probe, precision)
    slope = slopeAt(probe, precision)
    if (excess > 0) low = x
    else high = x
    const move = Math.min(Math.max(excess / slope, -LONGEST_STEP), LONGEST_STEP)
    const next = x + (Number.isNaN(move) ? 0 : move)
    if (Math.abs(excess) <= eps * 1e-3) return { precision: Math.exp(next), width: eps / slope }
    x = next > low && next < high ? next : (low + high) / 2
    if (!Number.isFinite(x)) break
  }
  return { precision: Math.exp(Number.isFinite(x) ? x : 0), width: eps / slope }
}

/** The precision at which PyOD stops; the sums of the probe are then those at it. */
function bisect(probe: Probe, { precision: root, width }: Root, eps: number): number {
  let precision = 1
  let low = 0
  let high = Number.POSITIVE_INFINITY
  for (let tries = 0; tries <= TRIES && precision > 0 && precision < Number.POSITIVE_INFINITY; tries++) {
    // All of PyOD's affinities are 0 then, and it takes a tenth until they are not.
    if (low === 0 && high === Number.POSITIVE_INFINITY && precision * probe.least > VANISHED) {
      precision /= 10
      continue
    }
    let excess = Math.log(root / precision)
    if (!(width < 0.01 && Math.abs(excess) > 3 * width)) {
      excess = measure(probe, precision)
      if (Math.abs(excess) <= eps) return precision
    }
    if (excess > 0) {
      low = precision
      precision = high === Number.POSITIVE_INFINITY ? precision * 2 : (precision + high) / 2
    } else {
      high = precision
      precision = low === 0 ? precision / 2 : (precision + low) / 2
    }
  }
  measure(probe, root)
  return root
}

function summarise(distances: Float64Array): { least: number; mean: number; ties: number } {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < distances.length; i++) if (distances[i]! < least) least = distances[i]!
  let mean = 0
  let ties = 0
  for (let i = 0; i < distances.length; i++) {
    mean += (distances[i]! - least) / distances.length
    if (distances[i]! === least) ties++
  }
  return { least, mean, ties }
}

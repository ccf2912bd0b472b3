import type { Random } from '../core/random.ts'

/** What can go wrong with a metric, as it is known from operations. */
export const ANOMALY_KINDS = [
  'spike',
  'dip',
  'level shift',
  'trend break',
  'flat line',
  'variance change',
] as const

export type AnomalyKind = (typeof ANOMALY_KINDS)[number]

/** An anomaly to be put into a series. */
export interface Injection {
  readonly kind: AnomalyKind
  /** Index of its first point. */
  readonly at: number
  /** How many points it lasts. */
  readonly length: number
  /** In robust spreads of the series' noise: the height of a spike or shift, the whole drift of a trend, the factor of a variance. */
  readonly size: number
}

/** The median absolute deviation of Gaussian noise, as a share of its standard deviation. */
const MAD_SHARE = 0.6745

/** Steps back that a value is compared with: neighbours, and the usual seasons of hours, days and weeks. */
const DISTANCES = [
  ...Array.from({ length: 31 }, (_, i) => i + 1),
  48,
  60,
  96,
  144,
  168,
  288,
  336,
  672,
  1440,
  2016,
]
/** A distance needs so many times as many values. */
const REPEATS = 3

/**
 * Standard deviation of the noise of a series: the least, over distances in time, of the robust spread of differences at that distance, so
 * that neither trend nor season counts. Gaps (NaN) are passed over. Of a series that mostly stands still it is that of all its values, and of a constant
 * one a hundredth of its size, or 1.
 */
export function noiseOf(values: Float64Array): number {
  let noise = Number.POSITIVE_INFINITY
  for (const distance of DISTANCES) {
    if (distance > 1 && distance * REPEATS > values.length) break
    const spread = middleOf(differencesAt(values, distance)) / MAD_SHARE / Math.SQRT2
    if (spread > 0) noise = Math.min(noise, spread)
  }
  if (Number.isFinite(noise)) return noise
  const finite = values.filter(Number.isFinite)
  const centre = middleOf(finite)
  const spread = Math.sqrt(
    finite.reduce((sum, value) => sum + (value - centre) ** 2 / Math.max(1, finite.length), 0),
  )
  return spread > 0 && Number.isFinite(spread) ? spread : Math.abs(centre) / 100 || 1
}

function differencesAt(values: Float64Array, distance: number): Float64Array {
  const differences = new Float64Array(Math.max(0, values.length - distance))
  let count = 0
  for (let i = distance; i < values.length; i++) {
    const difference = Math.abs(values[i]! - values[i - distance]!)
    if (Number.isFinite(difference)) differences[count++] = difference
  }
  return differences.subarray(0, count)
}

/** The series with an anomaly in it, as a copy. `noise` is that of the series (`noiseOf`). Gaps stay gaps. */
export function injectAnomaly(values: Float64Array, injection: Injection, noise: number): Float64Array {
  const { kind, at, length, size } = injection
  const changed = values.slice()
  const end = Math.min(values.length, at + length)
  const before = at > 0 ? values[at - 1]! : values[at]!
  const level = meanOf(values.subarray(at, end))
  for (let i = at; i < end; i++) {
    const value = values[i]!
    switch (kind) {
      case 'spike':
      case 'level shift':
        changed[i] = value + size * noise
        break
      case 'dip':
        changed[i] = value - size * noise
        break
      case 'trend break':
        changed[i] = value + (size * noise * (i - at + 1)) / length
        break
      case 'flat line':
        changed[i] = Number.isNaN(value) ? value : before
        break
      case 'variance change':
        // A series without noise of its own gets some, up and down in turn.
        changed[i] = level + (value - level) * size + ((i - at) % 2 === 0 ? noise : -noise) * (size / 2)
        break
    }
  }
  return changed
}

/** One anomaly of a kind that lies in the points from `from` to `to` (exclusive), with up to `longest` points, of random place and direction. */
export function drawInjection(
  random: Random,
  kind: AnomalyKind,
  {
    from,
    to,
    longest,
    size,
  }: { readonly from: number; readonly to: number; readonly longest: number; readonly size: number },
): Injection {
  const point = kind === 'spike' || kind === 'dip'
  const length = point ? 1 + random.int(2) : Math.max(2, Math.ceil(longest * (0.5 + random.next() / 2)))
  const latest = Math.max(from, to - length)
  const at = from + random.int(latest - from + 1)
  const direction = kind === 'level shift' || kind === 'trend break' ? (random.next() < 0.5 ? -1 : 1) : 1
  return { kind, at, length: Math.min(length, to - at), size: size * direction }
}

function middleOf(values: Float64Array): number {
  if (values.length === 0) return 0
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : sorted[middle - 1]! / 2 + sorted[middle]! / 2
}

function meanOf(values: Float64Array): number {
  let sum = 0
  let count = 0
  for (const value of values)
    if (Number.isFinite(value)) {
      sum += value
      count++
    }
  return count === 0 ? 0 : sum / count
}

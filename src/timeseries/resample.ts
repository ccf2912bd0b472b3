import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import { parseFrequency } from './frequency.ts'

/** How values that fall into one bin are joined. */
export type Aggregation = 'mean' | 'sum'

// Bounds the memory that a step of a second over years of data would take.
const MOST_BINS = 5_000_000

/**
 * The series on the grid of a pandas offset, each bin named by its start. An empty bin is 0 for a sum and
 * absent for a mean. Throws `CONFIG_INVALID` when the
 * offset is not understood or much too fine for the series.
 */
export function resample(series: Series, freq: string, aggregation: Aggregation): Series {
  const { timestamps, values } = resampleWithGaps(series, freq, aggregation)
  const kept = values.reduce((count, value) => (Number.isNaN(value) ? count : count + 1), 0)
  if (kept === values.length) return { timestamps, values }
  const result = { timestamps: new Float64Array(kept), values: new Float64Array(kept) }
  let place = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue
    result.timestamps[place] = timestamps[i]!
    result.values[place++] = values[i]!
  }
  return result
}

/** As `resample`, with every bin from the first to the last present: an empty one is NaN for a mean. */
export function resampleWithGaps(
  { timestamps, values }: Series,
  freq: string,
  aggregation: Aggregation,
): Series {
  const frequency = parseFrequency(freq)
  if (timestamps.length === 0) return { timestamps: new Float64Array(0), values: new Float64Array(0) }
  const starts: number[] = []
  const joined: number[] = []
  let bin = frequency.start(timestamps[0]!)
  for (let i = 0; i < timestamps.length; ) {
    const end = frequency.next(bin)
    let sum = 0
    let lost = 0
    let count = 0
    for (; i < timestamps.length && timestamps[i]! < end; i++, count++) {
      // Kahan: what the sum loses to rounding is carried along.
      const value = values[i]! - lost
      const total = sum + value
      lost = Number.isFinite(total) ? total - sum - value : 0
      sum = total
    }
    starts.push(bin)
    joined.push(aggregation === 'sum' ? sum : count === 0 ? Number.NaN : meanOf(values, i - count, i, sum))
    if (starts.length > MOST_BINS)
      throw new AnomstackError(
        'CONFIG_INVALID',
        `freq: ${freq} cuts this series into more than ${MOST_BINS} steps: use a longer one`,
      )
    bin = end
  }
  return { timestamps: Float64Array.from(starts), values: Float64Array.from(joined) }
}

/** The sum by the count; where the sum overflowed, the sum of the shares. */
function meanOf(values: Float64Array, from: number, to: number, sum: number): number {
  if (Number.isFinite(sum)) return sum / (to - from)
  return values.subarray(from, to).reduce((mean, value) => mean + value / (to - from), 0)
}

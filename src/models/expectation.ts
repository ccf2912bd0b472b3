/** What the next value of a series is expected to be: the value `diff` points before (or nothing, for 0) plus the usual step. */
export interface Expectation {
  readonly diff: number
  /** Median of the training steps; of the values where `diff` is 0. */
  readonly centre: number
  /** Robust standard deviation of the steps, never 0. */
  readonly spread: number
  /** Half the width of the expected range: of the training steps, `COVERED` lay within. */
  readonly width: number
}

const COVERED = 0.99
/** A series that never moved still has a range: this part of its largest value. */
const LEAST_WIDTH = 1e-6
const LEAST_ABSOLUTE = 1e-9
/** The median and the mean absolute deviation of a normal distribution, as standard deviations. */
const MAD_TO_DEVIATION = 1.4826
const MEAN_TO_DEVIATION = 1.2533

const medianOf = (sorted: Float64Array) => {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : sorted[middle - 1]! / 2 + sorted[middle]! / 2
}

/** Values may have gaps (NaN). With fewer than `diff` + 1 values the usual step is taken to be 0. */
export function fitExpectation(values: Float64Array, diff: number): Expectation {
  const steps = new Float64Array(values.length)
  let count = 0
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!)
    if (size > largest) largest = size
    const step = diff === 0 ? values[i]! : values[i]! - values[i - diff]!
    if (i >= diff && Number.isFinite(step)) steps[count++] = step
  }
  const floor = Math.max(LEAST_ABSOLUTE, largest * LEAST_WIDTH)
  if (count === 0) return { diff, centre: 0, spread: floor, width: floor }

  const sorted = steps.subarray(0, count).sort()
  // Adding 0 makes 0 of -0, which JSON does not keep.
  const centre = medianOf(sorted) + 0
  const deviations = sorted.map((step) => Math.abs(step - centre)).sort()
  const robust = medianOf(deviations) * MAD_TO_DEVIATION
  let mean = 0
  if (robust === 0) for (const deviation of deviations) mean += deviation / count
  const covering = deviations[Math.min(count - 1, Math.ceil(count * COVERED) - 1)]!
  return {
    diff,
    centre,
    spread: Math.max(robust === 0 ? mean * MEAN_TO_DEVIATION : robust, floor),
    width: Math.max(covering, floor),
  }
}

/** Of the value at `index` of the series. NaN where there is no value to start from. */
export function expectedAt({ diff, centre }: Expectation, values: Float64Array, index: number): number {
  return diff === 0 ? centre : index < diff ? Number.NaN : values[index - diff]! + centre
}

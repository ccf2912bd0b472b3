const SHORTEST_LAG = 3
const LONGEST_LAG = 400
const NEAREST_PEAK = 3
const FARTHEST_PEAK = 300
const USUAL = 125
const MOST_POINTS = 20_000

/**
 * The longest buffer to judge a series with: the lag of the highest peak of its autocorrelation, or 125 when that is nearer than 6 points, farther
 * than 303, or not there (the rule of TSB-AD: Liu and Paparrizos, "The Elephant in the Room", NeurIPS 2024); never more than a tenth of the series, so that
 * the buffers of short series do not swallow them.
 */
export function bufferLength(values: Float64Array): number {
  return Math.min(periodOf(values.subarray(0, MOST_POINTS)), Math.floor(values.length / 10))
}

function periodOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const centred = values.map((value) => value - mean)
  const longest = Math.min(LONGEST_LAG, values.length - 1)
  const correlations: number[] = []
  for (let lag = SHORTEST_LAG; lag <= longest; lag++) {
    let sum = 0
    for (let i = lag; i < centred.length; i++) sum += centred[i]! * centred[i - lag]!
    correlations.push(sum)
  }
  let peak = -1
  for (let i = 1; i + 1 < correlations.length; i++) {
    const here = correlations[i]!
    if (here > correlations[i - 1]! && here > correlations[i + 1]! && !(here <= correlations[peak]!)) peak = i
  }
  return peak < NEAREST_PEAK || peak > FARTHEST_PEAK ? USUAL : peak + SHORTEST_LAG
}

/** 1 / (0.75 quantile of the standard normal): makes the median absolute deviation of Gaussian noise its standard deviation. */
const NORMAL = 1.4826

/** Robust spread of noise: 1.4826 times its median absolute deviation; its standard deviation where most of it is one value. */
export function noiseSpread(noise: Float64Array): number {
  const centre = median(noise)
  const robust = NORMAL * median(noise.map((value) => Math.abs(value - centre)))
  if (robust > TINY * Math.max(1, Math.abs(centre))) return robust
  const mean = noise.reduce((sum, value) => sum + value, 0) / Math.max(1, noise.length)
  return Math.sqrt(noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, noise.length))
}

/** Less is the rounding of values. */
const TINY = 1e-6

function median(values: Float64Array): number {
  if (values.length === 0) return 0
  const sorted = values.slice().sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

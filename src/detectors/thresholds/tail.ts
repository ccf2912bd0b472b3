/** A generalised Pareto distribution of what lies above a level. */
export interface Tail {
  readonly shape: number
  readonly scale: number
}

const GRID = 60
const NARROWING = 60
const GOLDEN = (Math.sqrt(5) - 1) / 2
// Below this shape the likelihood has no bound.
const LEAST_SHAPE = -0.99

/**
 * The likeliest tail for positive excesses (Grimshaw 1993: one unknown, shape / scale, is left to search). With fewer than three different
 * ones it is exponential.
 */
export function fitTail(excesses: Float64Array): Tail {
  const most = excesses.reduce((high, excess) => Math.max(high, excess), 0)
  if (!(most > 0)) return { shape: 0, scale: 0 }
  // As shares of the greatest, so that nothing overflows.
  const shares = excesses.map((excess) => excess / most)
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  let best = { shape: 0, scale: mean, likelihood: -Math.log(mean) - 1 }
  const tried = (ratio: number): typeof best => {
    let shape = 0
    for (const share of shares) shape += Math.log1p(ratio * share)
    shape /= shares.length
    const scale = shape / ratio
    const likelihood =
      shape > LEAST_SHAPE && scale > 0 ? -Math.log(scale) - shape - 1 : Number.NEGATIVE_INFINITY
    return { shape, scale, likelihood }
  }
  if (new Set(shares).size >= 3) {
    // Ratios above -1, where all excesses are possible, with steps that are finer towards zero and towards -1.
    const ratioAt = (place: number): number =>
      place < 0 ? -1 / (1 + Math.exp(-place * 0.5 - 8)) : Math.exp(place * 0.5 - 8) / mean
    const ratios = Array.from({ length: 2 * GRID + 1 }, (_, i) => ratioAt(i - GRID)).sort((a, b) => a - b)
    const likelihoods = ratios.map((ratio) => tried(ratio).likelihood)
    let at = 0
    likelihoods.forEach((likelihood, i) => {
      if (likelihood > likelihoods[at]!) at = i
    })
    let low = ratios[Math.max(0, at - 1)]!
    let high = ratios[Math.min(ratios.length - 1, at + 1)]!
    for (let step = 0; step < NARROWING; step++) {
      const left = high - GOLDEN * (high - low)
      const right = low + GOLDEN * (high - low)
      if (tried(left).likelihood >= tried(right).likelihood) high = right
      else low = left
    }
    const found = tried((low + high) / 2)
    if (found.likelihood > best.likelihood) best = found
  }
  return { shape: best.shape, scale: best.scale * most }
}

/** What is above the level with the probability `risk`, where one excess in `1 / share` values is above it at all. */
export function tailQuantile({ shape, scale }: Tail, risk: number, share: number): number {
  const ratio = risk / share
  const beyond = Math.abs(shape) < 1e-9 ? -Math.log(ratio) : (ratio ** -shape - 1) / shape
  return scale * beyond
}

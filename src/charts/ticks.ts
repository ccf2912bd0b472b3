const MULTIPLES = [1, 2, 2.5, 5, 10]

/** The smallest of 1, 2, 2.5, 5 x 10^k that is at least `raw`. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw))
  const multiple = MULTIPLES.find((candidate) => candidate * power >= raw * (1 - 1e-9)) ?? 10
  return multiple * power
}

export interface NiceAxis {
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
}

/** Bounds widened to round numbers, and the round numbers between them, about `count`. Needs finite `low` < `high`. */
export function niceAxis(low: number, high: number, count: number): NiceAxis {
  // Divided before subtracting: the span of the largest doubles would overflow, and so would round bounds beyond them.
  const rawStep = high / count - low / count
  const step = niceStep(rawStep)
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  if (
    !Number.isSafeInteger(first) ||
    !Number.isSafeInteger(last) ||
    !Number.isFinite(first * step) ||
    !Number.isFinite(last * step)
  )
    return { low, high, ticks: [low, high] }
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)) + 1)
  const ticks: number[] = []
  for (let index = first; index <= last; index++) {
    const tick = index * step
    // 3 * 0.1 is not 0.3
    ticks.push(decimals <= 100 ? Number(tick.toFixed(decimals)) + 0 : tick)
  }
  return { low: ticks[0]!, high: ticks.at(-1)!, ticks }
}

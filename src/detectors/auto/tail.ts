import type { Ranks } from './ranks.ts'

/** How the tail of a distribution is taken to go on beyond what is known of it. */
export interface Tails {
  /** Of the generalised Pareto distribution; above 0 it is heavier than exponential. */
  readonly shape: number
  /** How fast what is usual of any series is forgotten: its part falls with this power as values become known. */
  readonly forgetting: number
  /** Whether how fast the tail falls is read off what is known of it, as far as that is enough. */
  readonly adaptive: boolean
}

/** Until so many values are known, what is usual of any series counts as well: Student's distribution with so many degrees of freedom. */
const PRIOR = 20
const FREEDOM = 5
const TAIL_SHARE = 0.1
const LEAST_IN_TAIL = 5
/** The exponent of a tail, exp(-x^exponent), which is 1 where it is exponential and about 1.45 of normal distributions, is told from where these shares lie. */
const BULK = 0.3
const FAR = 0.02
const LEAST_FAR = 3
/** What it is taken to be while little is known, for so many values. */
const USUAL = 1.1
const EXPONENT_PRIOR = 100
const LIGHTEST = 1.6
const HEAVIEST = 0.4
/** From the first exponent on the tail begins to fall as it says, and from the second on wholly. */
const LIGHT = 1.1
const LIGHTER = 1.2
const HEAVIEST_SHAPE = 0.4

/** The share of usual values that are at least as large: counted where there are many, continued by a generalised Pareto distribution, or a Weibull one, where there are few. */
export function tailProbability(value: number, ranks: Ranks, tails: Tails): number {
  const { count } = ranks
  const prior = studentTail(value)
  if (count === 0) return prior
  const above = ranks.atLeast(value)
  const inTail = Math.max(LEAST_IN_TAIL, Math.floor(count * TAIL_SHARE))
  let counted = (1 + above) / (count + 1)
  if (count >= PRIOR && above < inTail) {
    const continued = continuedTail(value, ranks, { share: inTail / count, tails })
    counted = above === 0 ? continued : (continued + above / (count + 1)) / 2
  }
  const weight = (PRIOR / (PRIOR + count)) ** tails.forgetting
  return Math.min(1, weight * prior + (1 - weight) * counted)
}

function continuedTail(
  value: number,
  ranks: Ranks,
  { share, tails }: { readonly share: number; readonly tails: Tails },
): number {
  const { from, meanExcess, count } = ranks.tail(share)
  const beyond = Math.max(1, count) / ranks.count
  const exponent = tails.adaptive ? exponentOf(ranks) : 1
  const shape = Math.min(HEAVIEST_SHAPE, tails.shape + Math.max(0, 1 - exponent))
  const excess = Math.max(meanExcess, from * 0.05, Number.MIN_VALUE)
  const pareto = beyond * (1 + (shape * Math.max(0, value - from)) / (excess * (1 - shape))) ** (-1 / shape)
  if (exponent <= LIGHT) return pareto
  const weibull = Math.min(pareto, Math.exp(Math.log(beyond) * Math.max(1, value / from) ** exponent))
  const part = Math.min(1, (exponent - LIGHT) / (LIGHTER - LIGHT))
  return weibull ** part * pareto ** (1 - part)
}

/** The slope of log(-log(share)) over the logarithm of the value that this share of all is above. */
function exponentOf(ranks: Ranks): number {
  const bulk = ranks.tail(BULK)
  const far = ranks.tail(Math.max(LEAST_FAR, ranks.count * FAR) / ranks.count)
  const steepness = (count: number) => Math.log(-Math.log(Math.max(1, count) / ranks.count))
  const measured =
    (steepness(far.count) - steepness(bulk.count)) / Math.log(Math.max(1.001, far.from / bulk.from))
  const weight = ranks.count / (ranks.count + EXPONENT_PRIOR)
  return Math.max(HEAVIEST, Math.min(LIGHTEST, weight * measured + (1 - weight) * USUAL))
}

/** Two-sided tail of Student's distribution, by Wallace's transformation to a normal one (1959) and the approximation 26.2.17 of Abramowitz and Stegun (1964). */
function studentTail(t: number): number {
  const z = (Math.sqrt(FREEDOM * Math.log1p((t * t) / FREEDOM)) * (8 * FREEDOM + 1)) / (8 * FREEDOM + 3)
  const u = 1 / (1 + 0.2316419 * z)
  const polynomial =
    u * (0.31938153 + u * (-0.356563782 + u * (1.781477937 + u * (-1.821255978 + u * 1.330274429))))
  return Math.min(1, 2 * 0.3989422804 * Math.exp((-z * z) / 2) * polynomial)
}

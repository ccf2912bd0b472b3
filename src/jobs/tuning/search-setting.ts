/** A value that was tried, and the rate that it gave. */
export interface Tried<Value> {
  readonly value: Value
  readonly rate: number
}

export interface Target {
  readonly rate: number
  /** The rate of half an alert in all of the time: what none at all is taken for. */
  readonly least: number
}

/** A budget whose rate is this near to the target will do. */
const NEAR = 1.15
const STEP = 4
const MOST_STEPS = 3
const MOST_TRIES = 8

/** How far a rate is from the target, as a factor, in logarithms. */
function distance({ rate, least }: Target, found: number): number {
  return Math.abs(Math.log(Math.max(found, least) / rate))
}

/** The try whose rate comes nearest to the target; of equals the first. */
export function nearestTry<Value>(tried: readonly Tried<Value>[], target: Target): Tried<Value> | undefined {
  return tried.reduce<Tried<Value> | undefined>(
    (best, each) =>
      best === undefined || distance(target, each.rate) < distance(target, best.rate) ? each : best,
    undefined,
  )
}

/** Budgets (a rate each) that were tried, by bisection of their logarithm from the target on: more allowed alerts are taken to give no fewer. */
export async function searchBudget(
  rateOf: (budget: number) => Promise<number>,
  target: Target,
): Promise<readonly Tried<number>[]> {
  const tried: Tried<number>[] = []
  const attempt = async (value: number) => {
    const rate = await rateOf(value)
    tried.push({ value, rate })
    return rate
  }
  const isNear = (rate: number) => distance(target, rate) <= Math.log(NEAR)
  const isHigh = (rate: number) => Math.max(rate, target.least) > target.rate
  let value = target.rate
  let rate = await attempt(value)
  if (isNear(rate)) return tried
  const high = isHigh(rate)
  let bracket: readonly [number, number] | undefined
  for (let step = 0; step < MOST_STEPS && bracket === undefined; step++) {
    const next = high ? value / STEP : value * STEP
    rate = await attempt(next)
    if (isNear(rate)) return tried
    if (isHigh(rate) !== high) bracket = high ? [next, value] : [value, next]
    value = next
  }
  if (bracket === undefined) return tried
  let [low, top] = bracket
  while (tried.length < MOST_TRIES) {
    const middle = Math.sqrt(low * top)
    rate = await attempt(middle)
    if (isNear(rate)) break
    if (isHigh(rate)) top = middle
    else low = middle
  }
  return tried
}

/** Thousandths. */
const COARSE = 20
const LOWEST = 300

/** Thresholds that were tried, from 1 down to where the rate first exceeds the target, and between that and the one before by bisection, to the thousandth. Much below, everything
 * is one anomaly that lasts, and rates fall again. */
export function searchThreshold(
  rateOf: (threshold: number) => number,
  target: Target,
): readonly Tried<number>[] {
  const tried: Tried<number>[] = []
  const exceeds = (thousandths: number) => {
    const rate = rateOf(thousandths / 1000)
    tried.push({ value: thousandths / 1000, rate })
    return rate > target.rate
  }
  let good = 1000
  if (exceeds(good)) return tried
  let bad = good - COARSE
  while (bad >= LOWEST && !exceeds(bad)) {
    good = bad
    bad -= COARSE
  }
  if (bad < LOWEST) return tried
  while (good - bad > 1) {
    const middle = (good + bad) >> 1
    if (exceeds(middle)) bad = middle
    else good = middle
  }
  return tried
}

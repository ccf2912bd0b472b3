import { type Expectation, expectedAt } from './expectation.ts'

/** A detector's opinion of a point. */
export interface Opinion {
  readonly name: string
  /** 0..1, higher is stranger. */
  readonly probability: number
}

/** From here on a step is out of the ordinary, in spreads. */
const UNUSUAL = 3
const MOST_TIMES = 1000

const compact = (value: number) => String(Number(value.toPrecision(4)))
const signed = (value: number) => (value > 0 ? `+${compact(value)}` : compact(value))

function timesUsual(times: number): string {
  return times >= MOST_TIMES
    ? 'more than 1000 times its usual spread'
    : `${times.toFixed(1)} times its usual spread`
}

const inSteps = (diff: number) => (diff === 1 ? 'one step' : `${diff} steps`)
const ago = (points: number) => (points === 1 ? 'the point before' : `${points} points before`)

/** Deviation from what was expected at `index`, in spreads; 0 where nothing was. */
function strangeness(expectation: Expectation, values: Float64Array, index: number): number {
  const deviation = values[index]! - expectedAt(expectation, values, index)
  return Number.isFinite(deviation) ? Math.abs(deviation) / expectation.spread : 0
}

/** Why the point at `index` got its score, in one plain sentence. `window` is how many earlier points its row shows the detectors. */
export function explain(
  point: { readonly values: Float64Array; readonly index: number; readonly window: number },
  expectation: Expectation,
  opinions: readonly Opinion[],
): string {
  const { values, index, window } = point
  const { diff, centre } = expectation
  const value = values[index]!
  const times = strangeness(expectation, values, index)
  let oddest = index
  let oddestTimes = times
  for (let i = Math.max(0, index - window); times < UNUSUAL && i < index; i++) {
    const here = strangeness(expectation, values, i)
    if (here > oddestTimes) {
      oddest = i
      oddestTimes = here
    }
  }
  const said = opinions.map(({ name, probability }) => `${name} ${probability.toFixed(2)}`).join(', ')
  const step = diff === 0 ? Number.NaN : value - (values[index - diff] ?? Number.NaN)
  const moved = Number.isFinite(step)
    ? `moved by ${signed(step)} in ${inSteps(diff)}`
    : `is ${compact(value)}${diff === 0 ? ` where ${compact(centre)} is usual` : ''}`
  const because =
    oddest === index || oddestTimes < UNUSUAL
      ? timesUsual(times)
      : `after a ${diff === 0 ? 'value' : 'step'} of ${timesUsual(oddestTimes)} ${ago(index - oddest)}`
  return `${moved}, ${because} (${said})`
}

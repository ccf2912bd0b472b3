import type { Driver } from './drivers.ts'
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

/** The point that is explained. */
export interface Explained {
  readonly values: Float64Array
  readonly index: number
  /** How many earlier points its row shows the detectors. */
  readonly window: number
  /** What most of its score is due to, where a detector says so. */
  readonly driver?: Driver | undefined
}

/**
 * Where to look for the oddest of the points that a row shows, from one to another. A detector's word goes first: what it names is looked at alone. Without one it
 * is the newest point where that is unusual, else all of them.
 */
function placeOf({ index, window, driver }: Explained, isUnusual: boolean): readonly [number, number] {
  if (driver?.kind === 'points' && !(driver.back === 0 && isUnusual)) {
    const newest = index - driver.back
    return [newest - driver.points + 1, newest]
  }
  return [isUnusual || driver !== undefined ? index : index - window, index]
}

/** What a detector named, unless that is the newest point. */
function mostlyBy(driver: Driver | undefined): string {
  if (driver?.kind === 'column') return `, mostly by "${driver.name}"`
  if (driver === undefined || driver.back === 0) return ''
  const { back, points, of } = driver
  if (points > 1) return `, mostly by the mean of its ${points} ${of}s up to ${ago(back)}`
  return back === 1 ? `, mostly by its ${of} at the point before` : `, mostly by its ${of} ${ago(back)}`
}

/**
 * Why a point got its score, in one plain sentence. It names one older point or column at most: the oddest point, where it is unusual, else what a
 * detector named.
 */
export function explain(point: Explained, expectation: Expectation, opinions: readonly Opinion[]): string {
  const { values, index, driver } = point
  const { diff, centre } = expectation
  const value = values[index]!
  const times = strangeness(expectation, values, index)
  const [from, to] = placeOf(point, times >= UNUSUAL)
  let oddest = to
  let oddestTimes = strangeness(expectation, values, to)
  for (let i = Math.max(0, from); i < to; i++) {
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
      ? `${timesUsual(times)}${mostlyBy(driver)}`
      : `after a ${diff === 0 ? 'value' : 'step'} of ${timesUsual(oddestTimes)} ${ago(index - oddest)}`
  return `${moved}, ${because} (${said})`
}

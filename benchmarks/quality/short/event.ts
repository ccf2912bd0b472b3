import type { Random } from '../../../src/core/random.ts'
import { roundTo } from '../../../src/timeseries/round.ts'
import type { LabelledSeries } from '../labelled-series.ts'
import { changeValues, type EventKind, type Shape } from './change-values.ts'
import { IN_TIME, type Profile, type SimulatedSeries } from './profile.ts'

/** What can be put into a series, with its size in robust spreads of the noise: for a variance change the factor. Silences have none. */
export const SIZED_KINDS = ['spike', 'dip', 'shift', 'trend', 'variance'] as const
export const SILENCES = ['zeros', 'stuck'] as const
/** Windows in which nothing happens, to see how often an alert falls into one by chance. */
export const NOTHING = ['no brief event', 'no lasting event'] as const
export const SIZES = [2, 3, 4, 6, 8] as const

/** A series with one event in it, of known kind, size and place. */
export interface EventSeries {
  /** It ends soon after the window: what comes later cannot change whether the event was found. */
  readonly labelled: LabelledSeries
  readonly kind: EventKind
  readonly size: number | null
  /** Index of the first changed point. */
  readonly at: number
  /** What the series was before the event. */
  readonly simulated: SimulatedSeries
}

/** At least so many points come before an event, where the series is long enough: four weeks, and a little more than one. */
const LEAST_PAST = { daily: 28, hourly: 200 } as const
/** Places that are tried. */
const TRIES = 20
/** In a series with more zeros, or values that repeat the one before, a few in a row are nothing unusual. */
const UNUSUAL = 0.15
/** A series with more repeats has no noise that could grow. */
const STILL = 0.5

export interface EventWish {
  readonly kind: EventKind
  readonly size: number | null
  readonly name: string
}

/**
 * Puts an event at a random place of the later half of a series. Where a dip would leave the values that the profile can have, it becomes a spike;
 * shifts and trends then go the other way. Undefined where neither is possible, or where the event would not be unusual in this series.
 */
export function injectEvent(
  profile: Profile,
  simulated: SimulatedSeries,
  { wish, random }: { readonly wish: EventWish; readonly random: Random },
): EventSeries | undefined {
  for (let i = 0; i < TRIES; i++) {
    const shape = drawShape(profile, simulated, { wish, random })
    if (shape === undefined) continue
    for (const tried of alternatives(shape)) {
      const changed = changedSeries(profile, simulated, tried)
      if (changed === undefined) continue
      const { timestamps } = simulated.series
      const { at, window } = tried
      return {
        kind: tried.kind,
        size: wish.size,
        at,
        simulated,
        labelled: {
          name: wish.name,
          group: profile.name,
          series: { timestamps: timestamps.slice(0, changed.length), values: changed },
          windows: [{ from: timestamps[at]!, to: timestamps[at + window - 1]! }],
        },
      }
    }
  }
  return undefined
}

/** The same event in another direction, where it has one. */
function alternatives(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'dip':
      return [shape, { ...shape, kind: 'spike' }]
    case 'shift':
    case 'trend':
      return [shape, { ...shape, size: -shape.size }]
    case 'spike':
    case 'variance':
    case 'zeros':
    case 'stuck':
    case 'no brief event':
    case 'no lasting event':
      return [shape]
  }
}

const isBrief = (kind: EventKind) => kind === 'spike' || kind === 'dip' || kind === 'no brief event'

/** Undefined where there is no room, a holiday is near, or the event would be nothing unusual. */
function drawShape(
  { step }: Profile,
  { series: { values }, holidays }: SimulatedSeries,
  { wish: { kind, size }, random }: { readonly wish: EventWish; readonly random: Random },
): Shape | undefined {
  const inTime = IN_TIME[step]
  const points = 1 + random.int(2)
  const drift = 10 + random.int(11)
  const brief = random.next() < 0.5
  // A slow drift is as large as it is said to be only at the end of its rise.
  const window = isBrief(kind) ? points + 1 : kind === 'trend' ? Math.max(inTime, drift) : inTime
  const latest = values.length - window
  const earliest = Math.max(Math.ceil(values.length / 2), Math.min(LEAST_PAST[step], latest))
  if (latest < earliest) return undefined
  const at = earliest + random.int(latest - earliest + 1)
  for (let i = at - 2; i < at + window; i++) if (holidays.has(i)) return undefined
  const past = values.subarray(0, at)
  if (kind === 'zeros' && share(past, (value) => value === 0) > UNUSUAL) return undefined
  if (kind === 'stuck' && repeats(past) > UNUSUAL) return undefined
  if (kind === 'variance' && repeats(past) > STILL) return undefined
  const length = isBrief(kind) ? points : (lastingPoints(kind, random, brief) ?? Number.POSITIVE_INFINITY)
  const sign = (kind === 'shift' || kind === 'trend') && random.next() < 0.5 ? -1 : 1
  const end = Math.min(values.length, at + window + (isBrief(kind) ? inTime : 0))
  return { kind, at, length: Math.min(length, end - at), size: sign * (size ?? 0), drift, window, end }
}

/** Half of the shifts and silences end after a while. */
function lastingPoints(kind: EventKind, random: Random, brief: boolean): number | undefined {
  if (!brief) return undefined
  if (kind === 'shift') return 7 + random.int(8)
  return kind === 'zeros' || kind === 'stuck' ? 5 + random.int(6) : undefined
}

function share(values: Float64Array, holds: (value: number, index: number) => boolean): number {
  return values.filter(holds).length / Math.max(1, values.length)
}

const repeats = (values: Float64Array) => share(values, (value, i) => i > 0 && value === values[i - 1])

/** Undefined where a changed value could not be one of this profile. */
function changedSeries(profile: Profile, simulated: SimulatedSeries, shape: Shape): Float64Array | undefined {
  const changed = changeValues(profile, simulated, shape)
  for (let i = shape.at; i < shape.at + shape.length; i++) {
    const value = profile.whole ? Math.round(changed[i]!) : roundTo(changed[i]!, 4)
    if (value < profile.lower || value > profile.upper) return undefined
    changed[i] = value + 0
  }
  return changed
}

import { createRandom, hashText } from '../../../src/core/random.ts'
import type { EventKind } from './change-values.ts'
import { type EventSeries, injectEvent, NOTHING, SILENCES, SIZED_KINDS, SIZES } from './event.ts'
import type { Judged } from './judge-short.ts'
import { type Profile, type SimulatedSeries, type Step, simulate } from './profile.ts'
import { chanceOfReaching, type RankThreshold } from './rank-threshold.ts'

/** Points of series that an event is put into. */
const SHORTEST = 60
const LONGEST = 800

/** How many events of one kind and size in one profile were found. */
export interface EventCell {
  readonly step: Step
  readonly profile: string
  readonly kind: EventKind
  readonly size: number | null
  readonly trials: number
  /** With an alert of the settings in their window. */
  readonly found: number
  /** At the threshold at which clean series of the profile keep to the budget; a fraction where that lies between two thresholds. */
  readonly ranked: number
  /** Alerts after the window, with nothing left to find. */
  readonly afterwards: number
}

const WISHES = [
  ...SIZED_KINDS.flatMap((kind) => SIZES.map((size) => ({ kind, size }))),
  ...[...SILENCES, ...NOTHING].map((kind) => ({ kind, size: null })),
]

/** Series of a profile with an event each: one of every kind and size in each of so many, as far as the profile can have them. */
export function eventSeries(profile: Profile, count: number): readonly EventSeries[] {
  const random = createRandom(hashText(`events/${profile.step}/${profile.name}`))
  return Array.from({ length: count }, (_, i) => {
    const base = `${profile.step} ${profile.name}, ${i + 1}`
    const simulated = simulate(profile, SHORTEST + random.int(LONGEST - SHORTEST + 1), base)
    return eventsIn(profile, simulated, base)
  }).flat()
}

function eventsIn(profile: Profile, simulated: SimulatedSeries, base: string): readonly EventSeries[] {
  return WISHES.flatMap(({ kind, size }) => {
    const name = size === null ? `${base}, ${kind}` : `${base}, ${kind} of ${size}`
    const random = createRandom(hashText(name))
    return injectEvent(profile, simulated, { wish: { kind, size, name }, random }) ?? []
  })
}

/** Judges series with events, and counts those found. */
export function judgeEvents(
  profile: Profile,
  all: readonly EventSeries[],
  {
    judge,
    threshold,
  }: {
    readonly judge: (event: EventSeries) => Pick<Judged, 'levels' | 'alerts'>
    readonly threshold: RankThreshold
  },
): readonly EventCell[] {
  const cells = new Map<string, EventCell>()
  for (const event of all) {
    const { kind, size, labelled } = event
    const { levels, alerts } = judge(event)
    const { timestamps } = labelled.series
    const [{ from, to } = { from: 0, to: 0 }] = labelled.windows
    const isInWindow = (index: number) => timestamps[index]! >= from && timestamps[index]! <= to
    const highest = levels.reduce(
      (most, level, index) => (isInWindow(index) && level > most ? level : most),
      Number.NEGATIVE_INFINITY,
    )
    const key = `${kind}/${size}`
    const cell = cells.get(key)
    cells.set(key, {
      step: profile.step,
      profile: profile.name,
      kind,
      size,
      trials: (cell?.trials ?? 0) + 1,
      found: (cell?.found ?? 0) + (alerts.some(isInWindow) ? 1 : 0),
      ranked: (cell?.ranked ?? 0) + chanceOfReaching(highest, threshold),
      afterwards: (cell?.afterwards ?? 0) + alerts.filter((index) => timestamps[index]! > to).length,
    })
  }
  return [...cells.values()]
}

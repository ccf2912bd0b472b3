import { createRandom, hashText } from '../../../src/core/random.ts'
import type { LabelledSeries } from '../labelled-series.ts'
import type { Judged } from './judge-short.ts'
import { POINTS_PER_WEEK, type Profile, type SimulatedSeries, simulate } from './profile.ts'

/** Points of clean series. */
const SHORTEST = 400
const LONGEST = 800
/** The day after a holiday is still under its influence. */
const AFTER_HOLIDAY = 1

/** A series without any event. */
export interface CleanSeries extends SimulatedSeries {
  readonly labelled: LabelledSeries
}

/** Clean series of a profile, each of its own. */
export function cleanSeries(profile: Profile, count: number): readonly CleanSeries[] {
  const random = createRandom(hashText(`clean/${profile.step}/${profile.name}`))
  return Array.from({ length: count }, (_, i) => {
    const name = `${profile.step} ${profile.name}, clean ${i + 1}`
    const simulated = simulate(profile, SHORTEST + random.int(LONGEST - SHORTEST + 1), name)
    return { ...simulated, labelled: { name, group: profile.name, series: simulated.series, windows: [] } }
  })
}

/** What was said of clean series, holidays left out. */
export interface CleanVerdict {
  readonly alerts: number
  /** Judged time. */
  readonly weeks: number
  /** Of each series, NaN on holidays too. */
  readonly levels: readonly Float64Array[]
}

/** Judges clean series of a profile. */
export function judgeClean(
  profile: Profile,
  all: readonly CleanSeries[],
  judge: (clean: CleanSeries) => Pick<Judged, 'levels' | 'alerts'>,
): CleanVerdict {
  let alerts = 0
  let points = 0
  const levels = all.map((clean) => {
    const { holidays } = clean
    const judged = judge(clean)
    const counted = judged.levels.slice()
    for (const holiday of holidays) counted.fill(Number.NaN, holiday, holiday + 1 + AFTER_HOLIDAY)
    const isCounted = (index: number) => !Number.isNaN(counted[index]!)
    alerts += judged.alerts.filter(isCounted).length
    points += counted.reduce((sum, _, index) => sum + (isCounted(index) ? 1 : 0), 0)
    return counted
  })
  return { alerts, weeks: points / POINTS_PER_WEEK[profile.step], levels }
}

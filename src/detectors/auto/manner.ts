import type { Tails } from './tail.ts'

const HOUR = 3_600_000
/** Clocks are not exact. */
const ALMOST = 0.99

/** How a series is judged, which depends on how many alerts are wanted of how many points. */
export interface Manner {
  /** A surprise alone is as strange as this part of it, so that nothing can hide it. */
  readonly alone: number
  /** How the tails of surprises are taken to go on. */
  readonly tails: Tails
  /** Whether it is watched if the series goes away from where it was. The views of levels and courses find as much by themselves where alerts are not few. */
  readonly watchesDrift: boolean
  /** Whether sums of surprises are learned from once they have no value in common with the newest. The first of those of a change is strange either way, and may be enough. */
  readonly learnsSumsLater: boolean
  /** How many points are judged more strictly, for so little is known. */
  readonly coldPoints: number
  /** What the level is higher by, so that the number of alerts comes out as it is wanted. */
  readonly margin: number
}

/** The level finds itself where the number of alerts is given, and lighter tails tell the strangest apart better; otherwise they alert too often. */
const HEAVY_TAILS: Tails = { shape: 0.15, forgetting: 1, adaptive: false }
const LIGHT_TAILS: Tails = { shape: 0.05, forgetting: 2, adaptive: true }
const COLD = 100
/** A week and a half is what it takes to know a week; not too many points. */
const COLD_TIME_MS = 10 * 24 * HOUR
const LONGEST_COLD = 400
const MARGIN = 0.15
/** Those that are known to be few: their first points cost more of what is wanted. */
const MARGIN_OF_FEW = 0.5
const ALONE = 0.2
/** Of hours or longer steps each point matters. */
const ALONE_OF_HOURS = 0.25
/** It is all that few alerts may be spent on, where points are few. */
const ALONE_OF_FEW = 0.6

/** `step`: time between points, ms. `rate`: alerts wanted per ms; undefined for as many as are worth it. */
export function mannerOf({
  step,
  rate,
}: {
  readonly step: number
  readonly rate: number | undefined
}): Manner {
  const isCoarse = step >= HOUR * ALMOST
  if (rate !== undefined && isCoarse)
    return {
      alone: ALONE_OF_FEW,
      tails: LIGHT_TAILS,
      watchesDrift: true,
      learnsSumsLater: true,
      coldPoints: Math.max(COLD, Math.min(LONGEST_COLD, COLD_TIME_MS / step)),
      margin: MARGIN_OF_FEW,
    }
  return {
    alone: isCoarse ? ALONE_OF_HOURS : ALONE,
    tails: HEAVY_TAILS,
    watchesDrift: false,
    learnsSumsLater: false,
    coldPoints: COLD,
    margin: rate === undefined ? 0 : MARGIN,
  }
}

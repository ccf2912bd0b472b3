import type { Feedback } from '../detector.ts'
import { bandAround } from './band.ts'
import { createCalendarNovelty } from './calendar-novelty.ts'
import { createDrift } from './drift.ts'
import { createForecaster } from './forecaster.ts'
import { createLevelNovelty } from './level-novelty.ts'
import { mannerOf } from './manner.ts'
import type { Memory } from './memory.ts'
import { type Clock, type Moment, momentAt } from './moment.ts'
import { createPast, SCALES } from './past.ts'
import { createRanks, type Ranks } from './ranks.ts'
import { createShapeNovelty } from './shape-novelty.ts'
import { createStrictness } from './strictness.ts'
import { createSurprises, type SurpriseKind } from './surprise.ts'

const DAY = 86_400_000
/** Nothing is strange among fewer. */
const FEWEST = 8
/** A season that leaves no more than this of the error of a level is what the series lives by. */
const CLEAR_SEASON = 0.5
/** So many days must be known. */
const DAYS_KNOWN = 3
/** Distances are smoothed over so many points, for single ones are the forecast's to find. */
const LEVEL_SMOOTHING = 6
const CALENDAR_SMOOTHING = 3
/** Larger values count as this, for their squares have to be finite. */
const LARGEST = 1e150
/** Values further from the centre count as this, in spreads. */
const FURTHEST = 1e9
/** Missing points that are taken to have stood still, so that days stay in step. */
const MOST_MISSING = 3000
/** How much the tail of what is usual counts while little is known. */
const PRIOR = 30
/** The score goes by so many points at most, for what they are strange by changes while a series grows. */
const REMEMBERED = 4000
/** The band is sought anew after so many points. */
const BAND_EVERY = 16
const WIDEST_BAND = 50

/** What about a point is strange. */
export type Aspect = SurpriseKind | 'level' | 'shape' | 'time'

export interface Verdict {
  /** 0..1: the share of usual points that are less strange. */
  readonly score: number
  /** About -log10 of how probable it is that a usual point is at least as strange. */
  readonly strangeness: number
  /** From this strangeness on a point alerts. */
  readonly level: number
  /** Whether an alert begins here. */
  readonly begins: boolean
  readonly expected: number
  readonly lower: number
  readonly upper: number
  readonly aspect: Aspect
  /** Difference from what was expected, in usual sizes of it; NaN while these are not known. */
  readonly surprise: number
  /** The season that was expected; empty for none. */
  readonly season: string
  /** How many points before it reached the level in a row. */
  readonly since: number
}

export interface WatcherOptions {
  /** What a value is less, and divided by, before distances are taken. */
  readonly centre: number
  readonly spread: number
  /** Time between points, ms. */
  readonly step: number
  readonly clock: Clock
  /** Alerts wanted per ms; undefined for as many as are worth it. */
  readonly rate: number | undefined
}

/** A value, or the largest that can be reckoned with. */
export const withinLargest = (value: number): number => Math.max(-LARGEST, Math.min(LARGEST, value))

/** Judges the points of one series, each from those before it. */
export interface Watcher {
  /** Changes nothing. */
  judge(timestamp: number, value: number): Verdict
  learn(timestamp: number, value: number): void
  /** People said so of its alerts; later points are judged more strictly, or less. */
  told(feedback: Feedback): void
}

interface Observation {
  readonly moment: Moment
  readonly timestamp: number
  readonly value: number
  readonly count: number
  readonly distances: { readonly level: number; readonly shape: number; readonly time: number }
  readonly smoothLevel: number
  readonly smoothTime: number
  readonly expected: number
  readonly deviation: number
  /** What is expected of a series that does not go away from where it was. */
  readonly slow: number
  readonly surprise: number
  readonly strangeness: number
  readonly aspect: Aspect
  readonly reached: boolean
}

const strangenessAmong = (ranks: Ranks, distance: number): number =>
  -Math.log10((1 + ranks.atLeast(distance)) / (1 + ranks.count))

export function createWatcher(memory: Memory, options: WatcherOptions): Watcher {
  const { centre, spread, step, clock } = options
  const past = createPast(memory)
  const levels = {
    novelty: createLevelNovelty(past),
    ranks: createRanks(memory),
    last: memory.numbers(LEVEL_SMOOTHING),
  }
  const shapes = { novelty: createShapeNovelty(past), ranks: createRanks(memory) }
  const times = {
    novelty: createCalendarNovelty(past),
    ranks: createRanks(memory),
    last: memory.numbers(CALENDAR_SMOOTHING),
  }
  const forecaster = createForecaster(memory, step)
  const manner = mannerOf(options)
  const surprises = createSurprises(memory, manner)
  const drift = manner.watchesDrift ? createDrift(memory, manner.tails) : undefined
  const strictness = createStrictness(memory, { ...options, manner })
  const all = createRanks(memory, REMEMBERED)
  /** Time of the last point, points in a row that reached the level, the greatest strangeness, half the width of the band, and 1 once a value was negative. */
  const known = memory.numbers(5)
  const means = new Float32Array(SCALES)
  const pointsOfDay = Math.round(DAY / step)
  /** The last observation: what is learned has mostly been judged just before. */
  let observed: Observation | undefined

  const standardised = (value: number) => Math.max(-FURTHEST, Math.min(FURTHEST, (value - centre) / spread))

  /** The mean of a distance and the last ones, of which there may be few. */
  function smoothed(distance: number, last: Float64Array): number {
    const count = Math.min(last.length - 1, forecaster.count)
    let sum = distance
    for (let i = 0; i < count; i++) sum += last[i]!
    return sum / (count + 1)
  }

  const keepsTime = () =>
    forecaster.count >= DAYS_KNOWN * pointsOfDay &&
    pointsOfDay >= 4 &&
    forecaster.season().left < CLEAR_SEASON

  /** How strange a point is by all that looks at it. */
  function observe(timestamp: number, value: number): Observation {
    if (observed?.timestamp === timestamp && observed.value === value && observed.count === forecaster.count)
      return observed
    const x = standardised(value)
    past.next(x, means)
    const distances = {
      level: levels.novelty(means),
      shape: shapes.novelty.next(x),
      time: times.novelty(means, pointsOfDay),
    }
    const moment = momentAt(timestamp, clock)
    const { expected, deviation } = forecaster.forecast(moment)
    const slow = drift === undefined ? Number.NaN : forecaster.slowly(moment)
    const surprise = deviation > 0 ? (value - expected) / deviation : Number.NaN
    const smoothLevel = smoothed(distances.level, levels.last)
    const smoothTime = smoothed(distances.time, times.last)
    const usesTime = !Number.isNaN(distances.time) && keepsTime()
    const { probability, kind } = Number.isNaN(surprise)
      ? { probability: 1, kind: 'value' as const }
      : surprises.judge(surprise, value, drift?.probabilityOf(value, slow) ?? 1)
    const { share } = strictness
    const part = (1 - share) / (usesTime ? 3 : 2)
    const parts: readonly (readonly [Aspect, number])[] = [
      [kind, share * -Math.log10(probability)],
      ['level', part * strangenessAmong(levels.ranks, smoothLevel)],
      ['shape', part * strangenessAmong(shapes.ranks, distances.shape)],
      ['time', usesTime ? part * strangenessAmong(times.ranks, smoothTime) : 0],
    ]
    const isKnown = forecaster.count >= FEWEST
    const together = parts.reduce((sum, [, each]) => sum + each, 0)
    const alone = manner.alone * -Math.log10(probability)
    const strangeness = isKnown ? Math.max(together, alone) : 0
    observed = {
      moment,
      timestamp,
      value,
      count: forecaster.count,
      distances,
      smoothLevel,
      smoothTime,
      expected,
      deviation,
      slow,
      surprise,
      strangeness,
      aspect: alone > together ? kind : parts.reduce((most, each) => (each[1] > most[1] ? each : most))[0],
      reached: isKnown && strangeness >= strictness.level,
    }
    return observed
  }

  /** The share of usual points that are at least as strange. */
  function tailOf(strangeness: number): number {
    const count = all.count
    const above = all.atLeast(strangeness)
    const beyond = above === 0 ? 10 ** -Math.max(0, strangeness - known[2]!) : 1
    const weight = PRIOR / (PRIOR + count)
    return Math.min(
      1,
      weight * 10 ** -strangeness + (1 - weight) * ((above === 0 ? beyond : 1 + above) / (1 + count)),
    )
  }

  /** How many deviations a value may be from what is expected until the level is reached by it alone. */
  function widthOfBand(): number {
    const wanted = 10 ** -strictness.level
    let [inside, outside] = [0, WIDEST_BAND]
    for (let i = 0; i < 12; i++) {
      const middle = (inside + outside) / 2
      if (surprises.probabilityOfValue(middle) > wanted) inside = middle
      else outside = middle
    }
    return outside
  }

  function push(x: number): void {
    past.push(x)
    shapes.novelty.pushed()
  }

  /** Where points are missing before this one, the series is taken to have stood still. */
  function passTime(timestamp: number): void {
    const missing = forecaster.count === 0 ? 0 : Math.round((timestamp - known[0]!) / step) - 1
    if (missing > 0) {
      const still = past.means[0]![past.indexOf(past.length - 1)]!
      for (let i = 0; i < Math.min(missing, MOST_MISSING); i++) push(still)
    }
    known[0] = timestamp
  }

  return {
    told: strictness.told,

    judge(timestamp, measured) {
      const value = withinLargest(measured)
      const { expected, deviation, surprise, strangeness, aspect, reached } = observe(timestamp, value)
      return {
        score: forecaster.count < FEWEST ? 0 : 1 - tailOf(strangeness),
        strangeness,
        level: strictness.level,
        begins: reached && strictness.isOver,
        ...bandAround({
          expected,
          width: known[3]! * deviation,
          least: known[4] === 0 && value >= 0 ? 0 : Number.NEGATIVE_INFINITY,
          value,
          reached,
        }),
        aspect,
        surprise,
        season: forecaster.season().name,
        since: known[1]!,
      }
    },

    learn(timestamp, measured) {
      const value = withinLargest(measured)
      const observation = observe(timestamp, value)
      const { distances, strangeness, surprise, reached, moment, smoothLevel, smoothTime, slow } = observation
      strictness.pass(reached && strictness.isOver)
      known[1] = reached ? known[1]! + 1 : 0
      if (forecaster.count >= FEWEST) {
        all.add(strangeness)
        known[2] = Math.max(known[2]!, strangeness)
      }
      levels.ranks.add(smoothLevel)
      remember(levels.last, distances.level)
      shapes.ranks.add(distances.shape)
      if (!Number.isNaN(distances.time)) {
        times.ranks.add(smoothTime)
        remember(times.last, distances.time)
      }
      if (!Number.isNaN(surprise)) surprises.learn(surprise, value)
      drift?.learn(value, slow)
      passTime(timestamp)
      if (value < 0) known[4] = 1
      forecaster.learn(value, moment)
      push(standardised(value))
      if (forecaster.count % BAND_EVERY === 0 || forecaster.count < 2 * BAND_EVERY) known[3] = widthOfBand()
    },
  }
}

function remember(last: Float64Array, newest: number): void {
  last.copyWithin(1, 0)
  last[0] = newest
}

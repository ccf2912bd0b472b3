import type { Feedback } from '../detector.ts'
import type { Manner } from './manner.ts'
import type { Memory } from './memory.ts'

/** Of long series, whose levels and shapes are compared with all that came before: from this strangeness on a point alerts, for 1,000 points. */
const LONG_LEVEL = 0.98
/** What it grows by when there are ten times as many points, for then there are more chances. */
const GROWTH = 0.2
const FEWEST = 300
const MOST = 9000
/** Of short series, whose values are compared with a forecast. */
const SHORT_LEVEL = 2
/** What the first points are judged more strictly by. */
const COLD_EXTRA = 0.8
/** Among so few points only what is this strange alerts, whatever is wanted: how heavy the tails of a series are cannot be known yet. */
const LEVEL_OF_FEW = 3.9
const FEW = 48
const NOT_FEW = 60
/** Each alert raises the level by this; it falls back as the series goes on. */
const FATIGUE = 0.15
/** With a budget, where it keeps the number of alerts to what is wanted. */
const FATIGUE_IN_BUDGET = 0.3
/** Alerts closer than this are one. */
const REFRACTORY_MS = 8 * 3_600_000
const LEAST_REFRACTORY = 3
const MOST_REFRACTORY = 100
/** The part that the forecast has in strangeness: all of it at first, and this in the end. */
const FROM = 100
const TO = 1000
const LEAST_SHARE = 0.1
/** Alerts that a long series gives by itself at `LONG_LEVEL`, per point, and by how much the level is lower for ten times as many. */
const USUAL_RATE = 1 / 1500
const LEVEL_PER_RATE = 0.35
/** The level falls by no more than this, however long nothing is strange. */
const MOST_RELIEF = 2
const LOWEST_LEVEL = 0.3
/** What people say moves the level by as much as that, and no further. */
const PER_REJECTED = 0.3
const PER_CONFIRMED = 0.1
const MOST_STRICT = 1.5
const MOST_LENIENT = 0.5

export interface StrictnessOptions {
  /** Time between points, ms. */
  readonly step: number
  /** Alerts wanted per ms; undefined for as many as are worth it. */
  readonly rate: number | undefined
  readonly manner: Pick<Manner, 'margin' | 'coldPoints'>
}

/** Decides from which strangeness on points alert: as strict as the series is noisy, and no more often than is wanted. */
export interface Strictness {
  /** What the forecast counts for beside levels and shapes, 0..1. */
  readonly share: number
  /** The level for the next point. */
  readonly level: number
  /** Whether an alert at the next point would be a new one. */
  readonly isOver: boolean
  /** The next point has been judged. */
  pass(begins: boolean): void
  /** People said so of its alerts: later points are judged more strictly for each that was called false, and less for each that was confirmed. */
  told(feedback: Feedback): void
}

export function createStrictness(memory: Memory, { step, rate, manner }: StrictnessOptions): Strictness {
  /** Points so far, points since the last alert (0 for none), what alerts have raised the level by, what people have. */
  const known = memory.numbers(4)
  const refractory = Math.min(MOST_REFRACTORY, Math.max(LEAST_REFRACTORY, Math.round(REFRACTORY_MS / step)))
  const ratePerPoint = rate === undefined ? undefined : Math.min(0.5, rate * step)
  const length = () => Math.min(MOST, Math.max(FEWEST, known[0]!))

  function share(): number {
    const grown = Math.log(Math.max(1, known[0]!) / FROM) / Math.log(TO / FROM)
    return Math.max(LEAST_SHARE, Math.min(1, 1 - (1 - LEAST_SHARE) * grown))
  }

  function baseLevel(): number {
    const cold = Math.max(0, 1 - known[0]! / manner.coldPoints) * COLD_EXTRA
    const longLevel = LONG_LEVEL + GROWTH * Math.log10(length() / 1000)
    const [long, short] =
      ratePerPoint === undefined
        ? [longLevel, SHORT_LEVEL]
        : [
            longLevel + LEVEL_PER_RATE * Math.log10(USUAL_RATE / ratePerPoint) + manner.margin,
            -Math.log10(ratePerPoint) + manner.margin,
          ]
    const part = (share() - LEAST_SHARE) / (1 - LEAST_SHARE)
    const ofFew = LEVEL_OF_FEW * Math.max(0, Math.min(1, (NOT_FEW - known[0]!) / (NOT_FEW - FEW)))
    return Math.max(ofFew, long + part * (short - long) + cold)
  }

  return {
    get share() {
      return share()
    },
    get level() {
      return Math.max(LOWEST_LEVEL, baseLevel() + known[2]! + known[3]!)
    },
    get isOver() {
      return known[1] === 0 || known[1]! > refractory
    },
    pass(begins) {
      if (begins) known[1] = 1
      else if (known[1]! > 0) known[1]!++
      known[2] =
        ratePerPoint === undefined
          ? known[2]! * Math.exp(-1 / length()) + (begins ? FATIGUE : 0)
          : Math.max(-MOST_RELIEF, known[2]! + FATIGUE_IN_BUDGET * ((begins ? 1 : 0) - ratePerPoint))
      known[0]!++
    },
    told({ confirmed, rejected }) {
      known[3] = Math.max(
        -MOST_LENIENT,
        Math.min(MOST_STRICT, rejected * PER_REJECTED - confirmed * PER_CONFIRMED),
      )
    },
  }
}

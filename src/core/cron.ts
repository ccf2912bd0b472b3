import { Cron } from 'croner'
import { LRUCache } from 'lru-cache'

/** A cron expression in a time zone. */
export interface CronSchedule {
  /** Five fields, or six with seconds in front. */
  readonly cron: string
  /** IANA name. */
  readonly timeZone: string
}

/** There is no tick after `from` and before `next`, which is one; undefined when there is none any more. */
interface Stretch {
  readonly from: number
  readonly next: number | undefined
  /** Whether there is one at `from`. */
  readonly isTick: boolean
}

interface Known {
  readonly cron: Cron
  /** The last learnt first. */
  readonly stretches: Stretch[]
}

const SECOND = 1000
/** Thousands of batches have few different expressions, and ask for the same few stretches of time one after the other. */
const known = new LRUCache<string, Known>({ max: 2_000 })
const MOST_STRETCHES = 6

/**
 * The first tick after `after` (UTC epoch ms, as the result); undefined when there is none. Ticks at fixed times of the day happen once each day: in the night
 * that skips their hour, at the end of the gap; in the night that has it twice, the first time. Throws what the parser throws for an expression or zone that is none.
 */
export function nextCronTick(schedule: CronSchedule, after: number): number | undefined {
  const one = knownOf(schedule)
  const stretch = one.stretches.find((each) => contains(each, after))
  if (stretch !== undefined) return stretch.next
  return learn(one, { from: after, isTick: one.stretches.some(({ next }) => next === after) })
}

/** The latest tick up to `until`; undefined when there is none. It throws as `nextCronTick` does. */
export function latestCronTick(schedule: CronSchedule, until: number): number | undefined {
  const one = knownOf(schedule)
  const stretch = one.stretches.find((each) => each.isTick && contains(each, until))
  if (stretch !== undefined) return stretch.from
  // Ticks are whole seconds, so those before the next one are those up to now.
  const [found] = one.cron.previousRuns(1, new Date((Math.floor(until / SECOND) + 1) * SECOND))
  if (found !== undefined) learn(one, { from: found.getTime(), isTick: true })
  return found?.getTime()
}

const contains = ({ from, next }: Stretch, time: number) =>
  from <= time && (next === undefined || time < next)

function knownOf({ cron: expression, timeZone }: CronSchedule): Known {
  const key = `${timeZone}\n${expression}`
  const one = known.get(key)
  if (one !== undefined) return one
  const cron = new Cron(expression, {
    timezone: timeZone,
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  })
  const parsed: Known = { cron, stretches: [] }
  known.set(key, parsed)
  return parsed
}

/** Adds a stretch that begins there; returns the tick that it ends with. */
function learn({ cron, stretches }: Known, begin: Pick<Stretch, 'from' | 'isTick'>): number | undefined {
  const next = cron.nextRun(new Date(begin.from))?.getTime()
  stretches.unshift({ ...begin, next })
  stretches.splice(MOST_STRETCHES)
  return next
}

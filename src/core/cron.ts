import { Cron } from 'croner'
import { LRUCache } from 'lru-cache'

/** A cron expression in a time zone. */
export interface CronSchedule {
  /** Five fields, or six with seconds in front. */
  readonly cron: string
  /** IANA name. */
  readonly timeZone: string
}

/** An expression, and a stretch of time that is known: it has no tick after `from` and before `next`. */
interface Known {
  readonly cron: Cron
  from: number
  next: number | undefined
  /** The latest tick up to `from`, where that is known too. */
  latest: number | undefined
}

const SECOND = 1000
/** Thousands of batches have few different expressions, and ask for the same stretch of time one after the other. */
const known = new LRUCache<string, Known>({ max: 2_000 })

/**
 * The first tick after `after` (UTC epoch ms, as the result); undefined when there is none. Ticks at fixed times of the day happen once each day: in the night
 * that skips their hour, at the end of the gap; in the night that has it twice, the first time. Throws what the parser throws for an expression or zone that is none.
 */
export function nextCronTick(schedule: CronSchedule, after: number): number | undefined {
  const one = knownOf(schedule)
  if (one.from <= after && (one.next === undefined || after < one.next)) return one.next
  const latest = one.next === after ? after : undefined
  return learn(one, after, latest).next
}

/** The latest tick up to `until`; undefined when there is none. It throws as `nextCronTick` does. */
export function latestCronTick(schedule: CronSchedule, until: number): number | undefined {
  const one = knownOf(schedule)
  const { latest, next } = one
  if (latest !== undefined && latest <= until && (next === undefined || until < next)) return latest
  // Ticks are whole seconds, so those before the next one are those up to now.
  const [found] = one.cron.previousRuns(1, new Date((Math.floor(until / SECOND) + 1) * SECOND))
  return found && learn(one, found.getTime(), found.getTime()).latest
}

function knownOf({ cron: expression, timeZone }: CronSchedule): Known {
  const key = `${timeZone}\n${expression}`
  const one = known.get(key)
  if (one !== undefined) return one
  const cron = new Cron(expression, {
    timezone: timeZone,
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  })
  const parsed: Known = { cron, from: Number.POSITIVE_INFINITY, next: undefined, latest: undefined }
  known.set(key, parsed)
  return parsed
}

function learn(one: Known, from: number, latest: number | undefined): Known {
  one.next = one.cron.nextRun(new Date(from))?.getTime()
  one.from = from
  one.latest = latest
  return one
}

import { Cron } from 'croner'

/** A cron expression in a time zone. */
export interface CronSchedule {
  /** Five fields, or six with seconds in front. */
  readonly cron: string
  /** IANA name. */
  readonly timeZone: string
}

const parsed = new WeakMap<CronSchedule, Cron>()

/**
 * The first tick after `after` (UTC epoch ms, as the result); undefined when there is none. Ticks at fixed times of the day happen once each day: in the night
 * that skips their hour, at the end of the gap; in the night that has it twice, the first time. Throws what the parser throws for an expression or zone that is none.
 */
export function nextCronTick(schedule: CronSchedule, after: number): number | undefined {
  let cron = parsed.get(schedule)
  if (cron === undefined) {
    cron = new Cron(schedule.cron, {
      timezone: schedule.timeZone,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
    })
    parsed.set(schedule, cron)
  }
  return cron.nextRun(new Date(after))?.getTime()
}

import { type CalendarRule, calendarHolds, type WeekdayException } from '../core/calendar.ts'
import { parseWeekday } from '../core/calendar-text.ts'
import type { BatchSettings } from './batch-settings.ts'

/** Named calendars of a project: when each holds. */
export type Calendars = ReadonlyMap<string, readonly CalendarRule[]>

/** A calendar as a batch uses it. Plain data. */
export interface BatchCalendar {
  readonly name: string
  readonly effect: 'mute' | 'skip_training' | 'as_weekday'
  /** The weekday that `as_weekday` takes its days for, Sunday is 0. */
  readonly as?: number
  readonly rules: readonly CalendarRule[]
}

/** The calendars that a batch uses, with their rules; those that are not known are left out. */
export function batchCalendars(
  { calendars }: Pick<BatchSettings, 'calendars'>,
  known: Calendars,
): readonly BatchCalendar[] {
  return calendars.flatMap(({ use, effect, as }) => {
    const rules = known.get(use)
    const weekday = as === undefined ? undefined : parseWeekday(as)
    if (rules === undefined) return []
    return [{ name: use, effect, rules, ...(weekday === undefined ? {} : { as: weekday }) }]
  })
}

interface WithCalendars {
  readonly settings: Pick<BatchSettings, 'time_zone'>
  readonly calendars?: readonly BatchCalendar[]
}

/** Tells the calendar of a batch that mutes a time, or keeps it out of training, UTC epoch ms; undefined where the batch uses none for that. */
export function calendarAt(
  { settings, calendars = [] }: WithCalendars,
  effect: 'mute' | 'skip_training',
): ((timestamp: number) => string | undefined) | undefined {
  const used = calendars.filter((calendar) => calendar.effect === effect)
  if (used.length === 0) return undefined
  return (timestamp) => used.find(({ rules }) => calendarHolds(rules, timestamp, settings.time_zone))?.name
}

/** Days that models are to take for another weekday, for `weekdayAt`. */
export function weekdayExceptions({
  calendars = [],
}: Pick<WithCalendars, 'calendars'>): readonly WeekdayException[] {
  return calendars.flatMap(({ effect, as, rules }) =>
    effect === 'as_weekday' && as !== undefined ? [{ rules, as }] : [],
  )
}

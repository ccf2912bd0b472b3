import { parseAlertBudget } from '../core/alert-budget.ts'
import { parseWeekday, WEEKDAY_NAMES } from '../core/calendar-text.ts'
import { parseGuard } from '../core/guard.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { BatchSettings } from './batch-settings.ts'
import { nearest } from './faults.ts'
import type { Layer } from './layers.ts'
import type { Note } from './note.ts'
import { isRange, valuesOfSetting } from './per-metric.ts'
import { isTimeZone } from './time-zones.ts'

/** Notes what of the alert policy means nothing. */
export function checkPolicy(settings: BatchSettings, note: Note): void {
  const { alert_budget: budget, valid_range: range, time_zone: timeZone } = settings
  if (budget !== null && parseAlertBudget(budget) === undefined)
    note(['alert_budget'], {
      message: `alert_budget: "${budget}" is not a number of alerts per hour, day, week, month or year, such as 1 per week or 2 per 4 weeks`,
    })
  for (const [path, text] of valuesOfSetting(settings.only_if))
    if (parseGuard(text) === undefined)
      note(['only_if', ...path], {
        message: `only_if: "${text}" is not a condition on a metric, such as requests > 100; operators are > >= < <= == !=`,
      })
  for (const [path, text] of valuesOfSetting(settings.new_normal_from))
    if (parseTimestamp(text, isTimeZone(timeZone) ? timeZone : 'UTC') === undefined)
      note(['new_normal_from', ...path], {
        message: `new_normal_from: "${text}" is not a time, such as 2026-03-01 or 2026-03-01T08:00:00Z`,
      })
  checkCalendars(settings, note)
  if (range === null) return
  const ranges = isRange(range)
    ? [[[], range] as const]
    : Object.entries(range).map(([m, r]) => [[m], r] as const)
  for (const [path, { min, max }] of ranges) {
    if (min === undefined && max === undefined)
      note(['valid_range', ...path], { message: 'valid_range: expected min, max, or both' })
    if (min !== undefined && max !== undefined && min > max)
      note(['valid_range', ...path], { message: `valid_range: min ${min} is above max ${max}` })
  }
}

function checkCalendars({ calendars }: BatchSettings, note: Note): void {
  for (const [index, { effect, as }] of calendars.entries()) {
    const path = ['calendars', index]
    if (effect === 'as_weekday' && as === undefined)
      note(path, {
        message: 'calendars: as_weekday needs as, the weekday to take its days for, such as sunday',
      })
    if (effect !== 'as_weekday' && as !== undefined)
      note([...path, 'as'], { message: `calendars: as has no meaning with ${effect}; leave it out` })
    else if (as !== undefined && parseWeekday(as) === undefined)
      note([...path, 'as'], {
        message: `calendars: "${as}" is not a weekday`,
        suggestion: nearest(as, WEEKDAY_NAMES),
      })
  }
}

/**
 * Settings with `alert_threshold` or `alert_budget`, whichever was said last: a batch may set the one where the project's defaults set the other. In
 * one place both make no sense. `layers` go from the weakest to the strongest.
 */
export function withAlertLevel(settings: BatchSettings, layers: readonly Layer[], note: Note): BatchSettings {
  if (settings.alert_threshold === null || settings.alert_budget === null) return settings
  const saidIn = (key: string) => layers.findLastIndex((layer) => layer.has(key))
  const [threshold, budget] = [saidIn('alert_threshold'), saidIn('alert_budget')]
  if (threshold === budget)
    note(['alert_budget'], {
      message: 'alert_budget: takes the place of alert_threshold, which is set too; leave one of them out',
    })
  return budget > threshold ? { ...settings, alert_threshold: null } : { ...settings, alert_budget: null }
}

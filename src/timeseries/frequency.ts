import { parseDuration } from '../core/duration.ts'
import { AnomstackError } from '../core/errors.ts'

const DAY = 86_400_000
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const MONTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({ M: 1, ME: 1, MS: 1, Q: 3, QE: 3, QS: 3, Y: 12, YE: 12, YS: 12, A: 12 }),
)

/** Time cut into buckets that follow each other without gaps; all in UTC milliseconds. */
export interface Frequency {
  /** Start of the bucket that holds a moment. */
  start(timestamp: number): number
  /** Start of the bucket after the one that starts there. */
  next(start: number): number
}

/**
 * The buckets of a pandas offset such as `10min`, `1h`, `1D`, `W`, `W-SAT` or `MS`; throws `CONFIG_INVALID`
 * for any other text.
 *
 * Bins are named by their start, so those of `W`, `ME`, `QE` and `YE`, which pandas names by their last
 * day, hold the same values under another name. Steps that
 * do not divide a day (`7h`, `5D`) are counted from 1970-01-01: pandas counts them from the first day of
 * the data, so that the bins move with the window.
 */
export function parseFrequency(text: string): Frequency {
  const [, amount = '', unit = '', anchor] = /^\s*(\d*)\s*([A-Za-z]+)(?:-([A-Za-z]{3}))?\s*$/.exec(text) ?? []
  const count = amount === '' ? 1 : Number(amount)
  if (count >= 1 && count <= 10_000) {
    if (unit.toUpperCase() === 'W') {
      const last = WEEKDAYS.indexOf(anchor?.toUpperCase() ?? 'SUN')
      // 1970-01-01 was a Thursday, day 4 of the week; a week starts the day after the one that it is
      // anchored to.
      if (last >= 0) return fixed(7 * DAY * count, (last + 1 - 4) * DAY)
    }
    const months = anchor === undefined ? MONTHS.get(unit) : undefined
    if (months !== undefined) return calendar(months * count)
  }
  const step = parseDuration(text)
  if (step !== undefined && step >= 1) return fixed(step, 0)
  throw new AnomstackError(
    'CONFIG_INVALID',
    `freq: ${JSON.stringify(text.slice(0, 40))} is not a step of time: use for example 10min, 1h, 1D, W or MS`,
  )
}

function fixed(step: number, origin: number): Frequency {
  return {
    start: (timestamp) => Math.floor((timestamp - origin) / step) * step + origin,
    next: (start) => start + step,
  }
}

function calendar(months: number): Frequency {
  const startOf = (number: number): number =>
    new Date(0).setUTCFullYear(Math.floor(number / 12), number % 12, 1)
  const monthOf = (timestamp: number): number => {
    const date = new Date(timestamp)
    return date.getUTCFullYear() * 12 + date.getUTCMonth()
  }
  return {
    start: (timestamp) => startOf(Math.floor(monthOf(timestamp) / months) * months),
    next: (start) => startOf(monthOf(start) + months),
  }
}

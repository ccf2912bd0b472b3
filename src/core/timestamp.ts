import { wallTimeToUtc } from './time-zone.ts'

const LATEST = 8.64e15
const DAY = 86_400_000
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const ZERO = 48
const COLON = 58
const EPOCH_TEXT = /^[+-]?\d{9,19}(?:\.\d+)?$/
const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?(?::?(\d{2}))?$/

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size (each unit reaches to the year 5138). */
function fromEpoch(value: number): number | undefined {
  const size = Math.abs(value)
  const ms = size < 1e11 ? value * 1000 : size < 1e14 ? value : size < 1e17 ? value / 1000 : value / 1e6
  // `+ 0` makes a negative zero a plain one.
  return Number.isFinite(value) && Math.abs(ms) <= LATEST ? Math.round(ms) + 0 : undefined
}

/** The two-digit number at `at`, or -1. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

/** Days since 1970-01-01 of a Gregorian date; NaN when there is no such day. (H. Hinnant, "chrono-compatible low-level date algorithms".) */
function dayNumber(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1) return Number.NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > (month === 2 && leap ? 29 : (MONTH_DAYS[month - 1] ?? 0))) return Number.NaN
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  )
}

/** Offset of a zone as text, ms ahead of UTC; `local` for no zone, NaN for text that is none. */
function readOffset(rest: string): number | 'local' {
  const zone = rest.trim()
  if (zone === '') return 'local'
  if (/^(?:z|utc|gmt)$/i.test(zone)) return 0
  const match = OFFSET.exec(zone)
  if (match === null) return Number.NaN
  const [, sign, hours, minutes = '0', seconds = '0'] = match
  if (Number(hours) > 15 || Number(minutes) > 59 || Number(seconds) > 59) return Number.NaN
  return (sign === '-' ? -1000 : 1000) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
}

function resolve(wall: number, rest: string, timeZone: string): number | undefined {
  if (Number.isNaN(wall)) return undefined
  const offset = rest === '' ? 'local' : readOffset(rest)
  if (offset === 'local') return timeZone === 'UTC' ? wall : wallTimeToUtc(wall, timeZone)
  return Number.isNaN(offset) ? undefined : wall - offset
}

function fromDateTime(text: string, timeZone: string): number | undefined {
  const century = two(text, 0)
  const years = two(text, 2)
  const separator = text[4]
  const month = two(text, 5)
  if (century < 0 || years < 0 || month < 0 || (separator !== '-' && separator !== '/')) return undefined
  const year = century * 100 + years
  if (text.length === 7) return resolve(dayNumber(year, month, 1) * DAY, '', timeZone)
  const day = dayNumber(year, month, two(text, 8))
  if (text[7] !== separator || Number.isNaN(day)) return undefined
  if (text.length === 10) return resolve(day * DAY, '', timeZone)

  let at = 10
  if (text[at] === 'T' || text[at] === 't') at++
  else while (text[at] === ' ') at++
  // A zone straight after the date, such as `2024-01-01Z`.
  if (at === 10) return resolve(day * DAY, text.slice(at), timeZone)
  const hour = two(text, at)
  const minute = text.charCodeAt(at + 2) === COLON ? two(text, at + 3) : -1
  if (hour < 0 || minute < 0 || minute > 59) return undefined
  at += 5
  let second = 0
  let milli = 0
  if (text.charCodeAt(at) === COLON) {
    second = two(text, at + 1)
    if (second < 0 || second > 60) return undefined
    at += 3
    if (text[at] === '.' || text[at] === ',') {
      const start = ++at
      for (
        let scale = 100, digit = text.charCodeAt(at) - ZERO;
        digit >= 0 && digit <= 9;
        digit = text.charCodeAt(++at) - ZERO
      ) {
        milli += scale >= 1 ? digit * scale : 0
        scale /= 10
      }
      if (at === start) return undefined
    }
  }
  // ISO 8601 writes the end of a day as 24:00.
  if (hour > 24 || (hour === 24 && minute + second + milli > 0)) return undefined
  const wall = day * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + milli
  return resolve(wall, at === text.length ? '' : text.slice(at), timeZone)
}

/**
 * UTC epoch milliseconds of a Date, of seconds, milliseconds, microseconds or nanoseconds since 1970 (number, bigint or digits), or of ISO text
 * (`2024-01-01`, `2024-01-01 10:00:00.5+02`, …); undefined for anything else. Text without a zone is read in `timeZone`; what is finer than a
 * millisecond is cut off. Throws a RangeError for an unknown zone.
 */
export function parseTimestamp(value: unknown, timeZone = 'UTC'): number | undefined {
  if (typeof value === 'string') {
    const fast = fromDateTime(value, timeZone)
    if (fast !== undefined) return fast
    const text = value.trim()
    if (text !== value) return parseTimestamp(text, timeZone)
    if (EPOCH_TEXT.test(text)) return fromEpoch(Number(text))
    // ISO's basic form of a date.
    if (/^\d{8}$/.test(text))
      return fromDateTime(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`, timeZone)
    return undefined
  }
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value === 'bigint') return fromEpoch(Number(value))
  if (value instanceof Date) {
    const ms = value.getTime()
    return Number.isNaN(ms) ? undefined : ms
  }
  return undefined
}

function iso(ms: number, length: number): string {
  return Math.abs(ms) <= LATEST
    ? new Date(ms).toISOString().slice(0, -1).replace('T', ' ').slice(0, length)
    : 'no time'
}

/** `2024-01-01 10:00`, in UTC. */
export function formatTimestamp(ms: number): string {
  return iso(ms, -7)
}

/** `2024-01-01 10:00:05`, in UTC. */
export function formatTimestampSeconds(ms: number): string {
  return iso(ms, -4)
}

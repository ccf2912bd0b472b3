/** How a canonical timestamp looks; the check constraint that promises it also tells our tables from others'. */
export const STAMP_CHECK = `typeof(metric_timestamp) = 'text' AND metric_timestamp GLOB '????-??-?? ??:??:??.???'`

const NUMBER = 'CAST(metric_timestamp AS REAL)'

/** SQL for the canonical timestamp of a row in a table that somebody else made: ISO text with or without T, Z, offset and fraction, or
 * an epoch in seconds, milli-, micro- or nanoseconds, as number or text. Null for anything else. Deterministic, so that it can be indexed. */
export const STAMP_OF_ANY_SHAPE = `CASE
  WHEN typeof(metric_timestamp) IN ('integer', 'real') OR metric_timestamp NOT GLOB '*[^0-9.]*' THEN
    strftime('%Y-%m-%d %H:%M:%f', CASE WHEN ${NUMBER} >= 1e17 THEN ${NUMBER} / 1e9 WHEN ${NUMBER} >= 1e14 THEN ${NUMBER} / 1e6
      WHEN ${NUMBER} >= 1e11 THEN ${NUMBER} / 1e3 ELSE ${NUMBER} END, 'unixepoch')
  ELSE strftime('%Y-%m-%d %H:%M:%f', metric_timestamp) END`

let day = Number.NaN
let dayText = ''

/** Epoch milliseconds as `YYYY-MM-DD HH:MM:SS.SSS` in UTC, which sorts as text and which SQLite's date functions read. */
export function stampOf(timestamp: number): string {
  const whole = Math.floor(timestamp / 86_400_000)
  if (whole !== day) {
    day = whole
    dayText = `${new Date(whole * 86_400_000).toISOString().slice(0, 10)} `
  }
  const rest = timestamp - whole * 86_400_000
  const two = (n: number): string => (n < 10 ? `0${n}` : String(n))
  const ms = rest % 1000
  const seconds = (rest - ms) / 1000
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${dayText}${clock}.${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}`
}

let parsedDay = ''
let parsedDayStart = 0

/** Epoch milliseconds of a canonical timestamp. */
export function timestampOf(stamp: string): number {
  if (!stamp.startsWith(parsedDay) || parsedDay === '') {
    parsedDay = stamp.slice(0, 10)
    parsedDayStart = Date.parse(`${parsedDay}T00:00:00.000Z`)
  }
  const digit = (at: number): number => stamp.charCodeAt(at) - 48
  const two = (at: number): number => digit(at) * 10 + digit(at + 1)
  return (
    parsedDayStart +
    two(11) * 3_600_000 +
    two(14) * 60_000 +
    two(17) * 1000 +
    digit(20) * 100 +
    digit(21) * 10 +
    digit(22)
  )
}

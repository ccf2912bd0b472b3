const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The spelling matters: `m` is minutes, and pandas' `M` (a month, which has no fixed length) is not a duration. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ...['ms', 'L', 'milli', 'millis', 'millisecond', 'milliseconds'].map((unit) => [unit, 1] as const),
  ...['s', 'S', 'sec', 'secs', 'second', 'seconds'].map((unit) => [unit, SECOND] as const),
  ...['m', 'min', 'T', 'mins', 'minute', 'minutes'].map((unit) => [unit, MINUTE] as const),
  ...['h', 'H', 'hr', 'hrs', 'hour', 'hours'].map((unit) => [unit, HOUR] as const),
  ...['d', 'D', 'day', 'days'].map((unit) => [unit, DAY] as const),
  ...['w', 'W', 'week', 'weeks'].map((unit) => [unit, 7 * DAY] as const),
])

const WHOLE = /^\s*(?:(?:\d+(?:\.\d+)?)\s*[A-Za-z]+\s*)+$/
const PART = /(\d+(?:\.\d+)?)\s*([A-Za-z]+)/g

/** Milliseconds of a text such as `90s`, `10min`, `2h30m` or a pandas offset (`15T`, `1D`, `D`); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const bare = UNITS.get(text.trim())
  if (bare !== undefined) return bare
  if (text.length > 100 || !WHOLE.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(PART)) {
    const size = UNITS.get(unit ?? '')
    if (size === undefined) return undefined
    total += Number(amount) * size
  }
  return Number.isFinite(total) ? Math.round(total) : undefined
}

/** The shortest text of a duration, such as `1d2h`, `5m` or `250ms`; `parseDuration` reads it back, apart from a leading minus. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms)
  let rest = Math.round(Math.abs(ms))
  if (rest === 0) return '0s'
  let text = ms < 0 ? '-' : ''
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
    ['s', SECOND],
    ['ms', 1],
  ] as const) {
    const amount = Math.floor(rest / size)
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * size
  }
  return text
}

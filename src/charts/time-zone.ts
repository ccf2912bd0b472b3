const DAY = 86_400_000
const FORMATS = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = FORMATS.get(timeZone)
  if (format === undefined) {
    const fields = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const
    format = new Intl.DateTimeFormat('en-US', { ...fields, timeZone, hourCycle: 'h23', era: 'short' })
    FORMATS.set(timeZone, format)
  }
  return format
}

/** What a clock on the wall shows at a UTC instant, as if that wall were UTC; epoch ms, whole seconds. */
export function wallTime(utc: number, timeZone: string): number {
  if (timeZone === 'UTC') return utc
  const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(utc)) part[type] = value
  const year = part.era?.startsWith('B') ? 1 - Number(part.year) : Number(part.year)
  return Date.UTC(
    year,
    Number(part.month) - 1,
    Number(part.day),
    Number(part.hour),
    Number(part.minute),
    Number(part.second),
  )
}

/** The UTC instant at which a wall clock shows `wall`; the first of two when an hour comes twice, the end of the gap when it is left out. */
export function instantOf(wall: number, timeZone: string): number {
  if (timeZone === 'UTC') return wall
  const candidates = [wall - DAY, wall + DAY]
    .map((near) => wall - (wallTime(near, timeZone) - near))
    .sort((a, b) => a - b)
  return candidates.find((candidate) => wallTime(candidate, timeZone) === wall) ?? candidates[1]!
}

/** The zone itself when the platform knows it, otherwise UTC. */
export function knownTimeZone(timeZone: string | undefined): string {
  if (timeZone === undefined || timeZone === 'UTC') return 'UTC'
  try {
    formatOf(timeZone)
    return timeZone
  } catch {
    return 'UTC'
  }
}

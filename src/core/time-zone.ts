const DAY = 86_400_000
/** Remembered days per zone; beyond it the memory starts anew. */
const REMEMBERED_DAYS = 50_000

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** Day number since the epoch -> offset at its start, ms. */
  readonly days: Map<number, number>
}

const zones = new Map<string, Zone>()

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const zone = { format, days: new Map<number, number>() }
  zones.set(timeZone, zone)
  return zone
}

function exactOffset(zone: Zone, ms: number): number {
  const second = Math.floor(ms / 1000) * 1000
  const part: Record<string, number> = {}
  for (const { type, value } of zone.format.formatToParts(second)) part[type] = Number(value)
  const local = new Date(0)
  local.setUTCFullYear(part.year ?? 0, (part.month ?? 1) - 1, part.day ?? 1)
  return local.setUTCHours(part.hour ?? 0, part.minute ?? 0, part.second ?? 0) - second
}

function offsetAtDay(zone: Zone, day: number): number {
  const known = zone.days.get(day)
  if (known !== undefined) return known
  const offset = exactOffset(zone, day * DAY)
  if (zone.days.size >= REMEMBERED_DAYS) zone.days.clear()
  zone.days.set(day, offset)
  return offset
}

/** Milliseconds that clocks of an IANA zone are ahead of UTC at a moment (UTC epoch ms). Throws a RangeError for an unknown zone. */
export function zoneOffset(ms: number, timeZone: string): number {
  const zone = zoneOf(timeZone)
  const day = Math.floor(ms / DAY)
  const start = offsetAtDay(zone, day)
  // Asking Intl for every moment is slow; within a day that starts and ends alike the offset does not move.
  return start === offsetAtDay(zone, day + 1) ? start : exactOffset(zone, ms)
}

/** The moment at which clocks of a zone show `wallMs` (a wall time written as if it were UTC). A time that clocks show twice means the
 * first; one that they skip counts on from before the gap, as Python does. */
export function wallTimeToUtc(wallMs: number, timeZone: string): number {
  const before = zoneOffset(wallMs - DAY, timeZone)
  const after = zoneOffset(wallMs + DAY, timeZone)
  if (before === after) return wallMs - before
  if (zoneOffset(wallMs - before, timeZone) === before) return wallMs - before
  return zoneOffset(wallMs - after, timeZone) === after ? wallMs - after : wallMs - before
}

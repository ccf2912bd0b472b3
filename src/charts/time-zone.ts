import { wallTimeToUtc, zoneOffset } from '../core/time-zone.ts'

/** What a clock on the wall shows at a UTC instant, as if that wall were UTC; epoch ms. */
export function wallTime(utc: number, timeZone: string): number {
  return timeZone === 'UTC' ? utc : utc + zoneOffset(utc, timeZone)
}

/** The UTC instant at which a wall clock shows `wall`; the first of two when an hour comes twice. */
export function instantOf(wall: number, timeZone: string): number {
  return timeZone === 'UTC' ? wall : wallTimeToUtc(wall, timeZone)
}

/** The zone itself when the platform knows it, otherwise UTC. */
export function knownTimeZone(timeZone: string | undefined): string {
  if (timeZone === undefined) return 'UTC'
  try {
    zoneOffset(0, timeZone)
    return timeZone
  } catch {
    return 'UTC'
  }
}

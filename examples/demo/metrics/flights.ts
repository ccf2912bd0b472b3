import { readJson, replay } from './replay.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const WEEK = 7 * DAY

// A Monday, as the first day of the sample is, and twelve weeks.
const START = Date.parse('2001-01-01T00:00Z')
const HOURS = (12 * WEEK) / HOUR

type Flights = Array<{ date: string; delay: number }>

/** Called on schedule. Returns rows: when, which metric, which value. */
export function ingest() {
  const hours: number[][] = Array.from({ length: HOURS }, () => [])
  for (const { date, delay } of readJson<Flights>('flights-20k.json')) {
    // "2001/01/01 00:47"; beyond the twelve weeks there is no such hour, and the flight is left out.
    const time = Date.parse(`${date.replaceAll('/', '-').replace(' ', 'T')}Z`)
    hours[Math.floor((time - START) / HOUR)]?.push(delay)
  }
  const points = hours.map((delays, hour) => ({
    time: START + hour * HOUR,
    values: {
      departures: delays.length,
      // An hour without departures has no delay, rather than none.
      mean_delay:
        delays.length > 0 ? delays.reduce((sum, delay) => sum + delay, 0) / delays.length : undefined,
    },
  }))
  return replay(points, { period: HOURS * HOUR, step: HOUR, keep: 30 * DAY })
}

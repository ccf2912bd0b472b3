import { readJson, replay } from './replay.ts'

const HOUR = 3_600_000
const HOURS = 168
const START = Date.parse('2018-01-31T00:00Z')

interface Catalog {
  features: Array<{ properties: { time: number; mag: number | null } }>
}

/** Called on schedule. Returns rows: when, which metric, which value. */
export function ingest() {
  const hours: number[][] = Array.from({ length: HOURS }, () => [])
  for (const { properties } of readJson<Catalog>('earthquakes.json').features) {
    const hour = Math.floor((properties.time - START) / HOUR) % HOURS
    hours[hour]?.push(properties.mag ?? 0)
  }
  const points = hours.map((magnitudes, hour) => ({
    time: START + hour * HOUR,
    values: {
      count: magnitudes.length,
      strongest: magnitudes.length > 0 ? Math.max(...magnitudes) : undefined,
    },
  }))
  return replay(points, { period: HOURS * HOUR, step: HOUR, keep: 2 * HOURS * HOUR })
}

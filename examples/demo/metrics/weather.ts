import { readCsv, replay } from './replay.ts'

const DAY = 86_400_000

/** Called on schedule. Returns rows: when, which metric, which value. */
export function ingest() {
  const days = readCsv('seattle-weather.csv').map((day) => ({
    time: Date.parse(`${day.date}Z`),
    values: {
      temperature_high: Number(day.temp_max),
      temperature_low: Number(day.temp_min),
      rain: Number(day.precipitation),
      wind: Number(day.wind),
    },
  }))
  // 2012 to 2015, leap day included: after four years, the calendar is the same again.
  return replay(days, { period: 1461 * DAY, step: DAY, keep: 730 * DAY })
}

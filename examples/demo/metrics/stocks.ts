import { readCsv, replay } from './replay.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY

// Mondays. On both the index stood near 1,415, so one round joins the next without a jump.
const FROM = '2007-01-01'
const TO = '2012-03-26'

/** Called on schedule. Returns rows: when, which metric, which value. */
export function ingest() {
  const days = readCsv('sp500-2000.csv')
    .filter(({ date = '' }) => date >= FROM && date < TO)
    .map((day) => ({
      time: Date.parse(`${day.date}Z`),
      values: {
        close: Number(day.close),
        volume: Number(day.volume) / 1e9,
        daily_range: ((Number(day.high) - Number(day.low)) / Number(day.close)) * 100,
      },
    }))
  // 273 whole weeks: a Monday stays a Monday.
  return replay(days, { period: 273 * WEEK, step: DAY, keep: 730 * DAY })
}

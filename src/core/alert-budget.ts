const HOUR = 3_600_000
const DAY = 24 * HOUR

const PERIODS: ReadonlyMap<string, number> = new Map([
  ['hour', HOUR],
  ['day', DAY],
  ['week', 7 * DAY],
  // A twelfth of a year.
  ['month', (365.25 / 12) * DAY],
  ['quarter', (365.25 / 4) * DAY],
  ['year', 365.25 * DAY],
])

const BUDGET =
  /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*(?:per|a|\/)\s*(?:(\d{1,6}(?:\.\d{1,6})?)\s*)?(hour|day|week|month|quarter|year)s?\s*$/i

/** Alerts per millisecond that a text such as `1 per week`, `3 per day` or `1 per 4 weeks` allows for one metric; undefined when it is none, or allows nothing. */
export function parseAlertBudget(text: string): number | undefined {
  const match = BUDGET.exec(text)
  if (match === null) return undefined
  const [, alerts, periods = '1', unit = ''] = match
  const rate = Number(alerts) / (Number(periods) * (PERIODS.get(unit.toLowerCase()) ?? Number.NaN))
  return Number.isFinite(rate) && rate > 0 ? rate : undefined
}

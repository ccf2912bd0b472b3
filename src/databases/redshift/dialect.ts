import type { Series } from '../../core/series.ts'
import { stampOf } from '../sqlite/time.ts'
import type { TableDialect } from '../tables/dialect.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'

/** Points of one text: Redshift's texts hold 65,535 bytes, and a point takes 70 of them at most. */
const POINTS_PER_TEXT = 800

/**
 * A point as text: its time, its value, and what Redshift's rendering of the value, which may have fewer digits than a double needs, leaves of it: the sum of
 * both is the value exactly. Near the limits of doubles a rendering may lie beyond them, and is taken as it is.
 */
const POINT = `ms || ' ' || CAST(reading AS varchar) || CASE
    WHEN abs(reading) >= CAST('1e308' AS float8) OR abs(reading) < CAST('1e-290' AS float8) THEN ''
    WHEN CAST(CAST(reading AS varchar) AS float8) = reading THEN ''
    ELSE ' ' || CAST(reading - CAST(CAST(reading AS varchar) AS float8) AS varchar) END`

/**
 * What Redshift and PostgreSQL have in common, and LISTAGG. A time is the text `YYYYMMDDHH24MISSMS`, which sorts and which every function of
 * Redshift renders alike. Of a series, `times` is the number of its points and `readings` the points, in no order.
 */
export const redshiftDialect: TableDialect = {
  quote: quoteIdentifier,
  plain: /^[a-z_][a-z0-9_]*$/,
  placeholder: (n) => `$${n}`,
  timestamp: 'metric_timestamp',
  time: (milliseconds, bind) => `CAST(${bind(stampOf(milliseconds))} AS timestamp)`,
  milliseconds: (expression) => `to_char(${expression}, 'YYYYMMDDHH24MISSMS')`,
  double: (expression) => `CAST(${expression} AS float8)`,
  finite: (expression) =>
    `CAST(${expression} AS float8) NOT IN (CAST('NaN' AS float8), CAST('Infinity' AS float8), CAST('-Infinity' AS float8))`,
  oneOf: (expression, texts, bind) => `${expression} IN (${texts.map(bind).join(', ')})`,
  pieces: POINTS_PER_TEXT,
  collect: (expression) => (expression === 'ms' ? 'count(*)' : `listagg(${POINT}, ',')`),
  day: (expression) => `date_trunc('day', ${expression})`,
  daysAgo: (count) => `date_trunc('day', CURRENT_DATE - ${count})`,
  hour: (expression) => `EXTRACT(HOUR FROM ${expression})`,
}

let day = ''
let dayStart = 0

/** Epoch milliseconds of the time that a text begins with. */
export function millisecondsOf(text: string): number {
  if (day === '' || !text.startsWith(day)) {
    day = text.slice(0, 8)
    dayStart = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00.000Z`)
  }
  const digit = (at: number): number => text.charCodeAt(at) - 48
  const two = (at: number): number => digit(at) * 10 + digit(at + 1)
  return dayStart + two(8) * 3_600_000 + two(10) * 60_000 + two(12) * 1000 + digit(14) * 100 + two(15)
}

/** A series from texts that `collect` made, put in order of time. */
export function pointsOf(texts: readonly string[]): Series {
  const points = texts.flatMap((text) => text.split(','))
  const timestamps = new Float64Array(points.length)
  const values = new Float64Array(points.length)
  let ascending = true
  for (const [i, point] of points.entries()) {
    const first = point.indexOf(' ')
    const second = point.indexOf(' ', first + 1)
    const at = millisecondsOf(point)
    timestamps[i] = at
    values[i] =
      second === -1
        ? Number(point.slice(first))
        : Number(point.slice(first, second)) + Number(point.slice(second))
    if (i > 0 && at < timestamps[i - 1]!) ascending = false
  }
  if (ascending) return { timestamps, values }
  const order = Uint32Array.from(timestamps.keys()).sort((a, b) => timestamps[a]! - timestamps[b]!)
  return {
    timestamps: Float64Array.from(order, (index) => timestamps[index]!),
    values: Float64Array.from(order, (index) => values[index]!),
  }
}

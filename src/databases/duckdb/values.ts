import {
  DuckDBBlobValue,
  DuckDBTypeId,
  type DuckDBValueConverter,
  JSDuckDBValueConverter,
} from '@duckdb/node-api'

const NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.UBIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UHUGEINT,
  DuckDBTypeId.BIGNUM,
])
const TEXTS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TIME,
  DuckDBTypeId.TIME_TZ,
  DuckDBTypeId.TIME_NS,
  DuckDBTypeId.INTERVAL,
  DuckDBTypeId.BIT,
])
const DATES: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.DATE,
  DuckDBTypeId.TIMESTAMP,
  DuckDBTypeId.TIMESTAMP_S,
  DuckDBTypeId.TIMESTAMP_MS,
  DuckDBTypeId.TIMESTAMP_NS,
  DuckDBTypeId.TIMESTAMP_TZ,
])

/** DuckDB's values as plain JavaScript: every number as a number, times of day, intervals and bits as text, dates and timestamps as Date
 * (`infinity` as text). */
export const plainValue: DuckDBValueConverter<unknown> = (value, type) => {
  if (value === null) return null
  if (NUMBERS.has(type.typeId)) return Number(value)
  if (TEXTS.has(type.typeId)) return String(value)
  if (DATES.has(type.typeId) && String(value).endsWith('infinity')) return String(value)
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes)
  // Nested values come back here for their parts.
  return JSDuckDBValueConverter(value, type, plainValue as typeof JSDuckDBValueConverter)
}

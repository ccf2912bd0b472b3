import { DuckDBTypeId, type DuckDBValueConverter, JSDuckDBValueConverter } from '@duckdb/node-api'

/** DuckDB's values as plain JavaScript: every number as a number, times of day, intervals and bits as text, dates and timestamps as Date. */
export const plainValue: DuckDBValueConverter<unknown> = (value, type) => {
  if (value === null) return null
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.BIGNUM:
      return Number(value)
    case DuckDBTypeId.TIME:
    case DuckDBTypeId.TIME_TZ:
    case DuckDBTypeId.TIME_NS:
    case DuckDBTypeId.INTERVAL:
    case DuckDBTypeId.BIT:
      return String(value)
    case DuckDBTypeId.DATE:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return /infinity/.test(String(value))
        ? String(value)
        : JSDuckDBValueConverter(value, type, JSDuckDBValueConverter)
    default:
      // Nested values come back here for their parts.
      return JSDuckDBValueConverter(value, type, plainValue as typeof JSDuckDBValueConverter)
  }
}

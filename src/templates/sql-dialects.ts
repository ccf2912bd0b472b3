/** Dialects of SQL that a batch may be written in. */
export const SQL_DIALECTS = [
  'athena',
  'bigquery',
  'clickhouse',
  'cockroachdb',
  'databricks',
  'duckdb',
  'generic',
  'hive',
  'mysql',
  'oracle',
  'postgres',
  'presto',
  'redshift',
  'snowflake',
  'spark',
  'sqlite',
  'teradata',
  'trino',
  'tsql',
] as const

export type SqlDialect = (typeof SQL_DIALECTS)[number]

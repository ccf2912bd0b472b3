import { AnomstackError } from '../core/errors.ts'

/** The `metricsTable` of a database that can only be read: throws `INPUT_INVALID`. */
export function noMetricsTable(database: string): () => never {
  return () => {
    throw new AnomstackError(
      'INPUT_INVALID',
      `${database} can only be read: name it in ingest_db, and in db the database that is to hold the metrics table`,
    )
  }
}

import { AnomstackError } from '../core/errors.ts'
import { isMissingPackage, missingPackage } from '../core/missing-package.ts'
import { type Database, type MetricsTable, metricNames } from './database.ts'
import { tableNameParts } from './tables/identifiers.ts'

/** A database whose driver is loaded at its first call, so that a project pays only for the drivers that it uses. A missing package is
 * an error of code `SDK_MISSING` that says what to install. */
export function lazyDatabase(sdk: string, load: () => Promise<Database>): Database {
  let loaded: Promise<Database> | undefined
  let closed = false
  const open = (): Promise<Database> => {
    if (closed)
      return Promise.reject(
        new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false }),
      )
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw isMissingPackage(error) ? missingPackage([sdk]) : error
    })
    return loaded
  }
  return {
    query: async (sql, options) => (await open()).query(sql, options),
    metricsTable(name) {
      // A name that is none is refused here, as by every database.
      tableNameParts(name)
      const table = async (): Promise<MetricsTable> => (await open()).metricsTable(name)
      return {
        ensure: async () => (await table()).ensure(),
        upsert: async (rows, options) => (await table()).upsert(rows, options),
        history: async (query, options) => (await table()).history(query, options),
        deleteBefore: async (query, options) => (await table()).deleteBefore(query, options),
        deleteRows: async (keys, options) => (await table()).deleteRows(keys, options),
        summary: async (query, options) => (await table()).summary(query, options),
        names: async (query, options) => metricNames(await table(), query, options),
      }
    },
    tables: async (options) => (await open()).tables?.(options) ?? [],
    async close() {
      closed = true
      await (await loaded)?.close()
    },
  }
}

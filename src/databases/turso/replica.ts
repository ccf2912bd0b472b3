import type { History, HistoryQuery, QueryOptions } from '../database.ts'
import { requestHistory } from '../sqlite/points.ts'
import { sqliteProcess } from '../sqlite/process.ts'
import type { TursoServer } from './session.ts'

/** A copy of a server's database in a file. It is brought up to date before each reading; when that fails, so does the reading. */
export interface TursoReplica {
  history(table: string, query: HistoryQuery, options: QueryOptions): Promise<History>
  close(): Promise<void>
}

/** The copy in the file at an absolute path; it is read by a process of its own. */
export function tursoReplica(path: string, { url, authToken }: TursoServer): TursoReplica {
  const copy = sqliteProcess({
    path,
    replicaOf: { url, ...(authToken === undefined ? {} : { authToken }) },
  })
  return {
    history: (table, query, options) => requestHistory(copy, { table, query }, options),
    close: copy.close,
  }
}

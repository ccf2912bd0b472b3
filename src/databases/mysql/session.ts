import { Readable } from 'node:stream'
import type { Connection, QueryOptions as DriverOptions, FieldPacket, ResultSetHeader } from 'mysql2/promise'
import type { SqlRow } from '../database.ts'
import type { Patience } from '../interruption.ts'
import { withoutEmptyStatements } from './statements.ts'
import { plainValue } from './values.ts'

type Bound = readonly unknown[]

/** What a statement changed. */
export interface Change {
  readonly rows: number
  readonly warnings: number
}

/** One connection for as long as one piece of work takes. */
export interface MysqlSession {
  /** Runs the user's statements; the rows of the last one that returns any. */
  script(sql: string): Promise<readonly SqlRow[]>
  /** Rows as objects. */
  rows<Row>(text: string, values?: Bound): Promise<readonly Row[]>
  /** Rows as lists of their values. */
  lists<Row extends Bound>(text: string, values?: Bound): Promise<readonly Row[]>
  change(text: string, values?: Bound): Promise<Change>
  /** A LOAD DATA LOCAL, with what it reads. */
  load(text: string, chunks: Iterable<Buffer>): Promise<Change>
  /** Takes an open transaction back, also when the caller has given up. */
  rollback(): Promise<void>
  /** Throws when the caller has given up. */
  check(): void
}

export function mysqlSession(connection: Connection, { check }: Patience): MysqlSession {
  const execute = async (options: DriverOptions, values: Bound): Promise<unknown> => {
    check()
    // The server binds what comes with a statement that was prepared.
    const [result] = await connection.execute({ ...options, values: [...values] })
    return result
  }
  return {
    async script(sql) {
      check()
      const text = withoutEmptyStatements(sql)
      if (text === '') return []
      const [results, fields] = await connection.query({ sql: text, typeCast: plainValue })
      // A function that waits, such as SLEEP, returns when its statement is killed.
      check()
      return lastRows(results, fields)
    },
    rows: async <Row>(text: string, values: Bound = []) =>
      (await execute({ sql: text }, values)) as readonly Row[],
    lists: async <Row extends Bound>(text: string, values: Bound = []) =>
      (await execute({ sql: text, rowsAsArray: true }, values)) as readonly Row[],
    change: async (text, values = []) => changeOf((await execute({ sql: text }, values)) as ResultSetHeader),
    async load(text, chunks) {
      check()
      const stream = Readable.from(checked(chunks, check), { objectMode: false, highWaterMark: 0 })
      try {
        const [result] = await connection.query({ sql: text, infileStreamFactory: () => stream })
        return changeOf(result as ResultSetHeader)
      } finally {
        stream.destroy()
      }
    },
    rollback: async () => {
      await connection.query('ROLLBACK')
    },
    check,
  }
}

function* checked(chunks: Iterable<Buffer>, check: () => void): Generator<Buffer> {
  for (const chunk of chunks) {
    check()
    yield chunk
  }
}

function changeOf({ affectedRows, warningStatus }: ResultSetHeader): Change {
  return { rows: affectedRows, warnings: warningStatus }
}

/** The driver answers several statements with lists, in which those without rows have no fields. */
function lastRows(results: unknown, fields: unknown): readonly SqlRow[] {
  const several = Array.isArray(fields) && fields.some((each) => each === undefined || Array.isArray(each))
  if (!several) return fields === undefined ? [] : (results as readonly SqlRow[])
  const last = (fields as readonly (readonly FieldPacket[] | undefined)[]).findLastIndex(
    (each) => each !== undefined,
  )
  return last < 0 ? [] : (results as readonly (readonly SqlRow[])[])[last]!
}

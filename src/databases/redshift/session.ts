import type { QueryOptions, SqlRow } from '../database.ts'
import type { Statement, TableDialect } from '../tables/dialect.ts'

/** A way to Redshift: its wire protocol, or the Data API. */
export interface RedshiftSession {
  /** With the placeholders of this way. */
  readonly dialect: TableDialect
  /** Bytes of one statement, at most. */
  readonly statementBytes: number
  /** Runs work in a session of its own, and stops it when the caller gives up. Errors are those of the contract. */
  run<T>(options: QueryOptions, kind: WorkKind, work: (calls: RedshiftCalls) => Promise<T>): Promise<T>
  /** The user's statements as they are; rows of the last one that returns rows. */
  query(sql: string, options: QueryOptions): Promise<readonly SqlRow[]>
  close(): Promise<void>
}

export interface WorkKind {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
}

/** What work can ask, one call after the other; temporary tables last until the work ends. */
export interface RedshiftCalls {
  /** Rows of one statement, as lists of plain values. */
  rows(statement: Statement): Promise<readonly (readonly unknown[])[]>
  /** One statement after which more of this work follow in the same session. */
  prepare(statement: Statement): Promise<void>
  /** All of them as one transaction, tried again when another one was in its way; at most one of them binds values. Returns how many rows each concerned. */
  atomically(statements: readonly Statement[]): Promise<readonly number[]>
}

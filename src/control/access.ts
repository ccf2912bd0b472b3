import type { Kysely, Transaction } from 'kysely'
import type { ControlSchema } from './schema.ts'

/** The only way in which the stores reach the control database, whichever engine it is on. What an engine throws arrives as `CONTROL_FAILED`. */
export interface ControlAccess {
  /** Runs queries that change nothing. */
  readonly read: <Result>(query: (db: Kysely<ControlSchema>) => Promise<Result>) => Promise<Result>
  /** Runs one statement that changes something, in one round trip where there are such. It may be run twice when the connection breaks, so the second time must come to the same. */
  readonly change: <Result>(statement: (db: Kysely<ControlSchema>) => Promise<Result>) => Promise<Result>
  /** Runs one transaction; nothing of it is kept when it throws. Others may write at the same time, so it relies on keys and conditions alone. */
  readonly write: <Result>(change: (db: Transaction<ControlSchema>) => Promise<Result>) => Promise<Result>
  /** Runs one transaction that no other exclusive one interleaves with, in any process: for what is decided from what was read. */
  readonly exclusive: <Result>(change: (db: Transaction<ControlSchema>) => Promise<Result>) => Promise<Result>
}

import type { Kysely, Transaction } from 'kysely'
import type { ControlSchema } from './schema.ts'

/** The only way in which the stores reach the control database, whichever engine it is on. What an engine throws arrives as `CONTROL_FAILED`. */
export interface ControlAccess {
  /** Runs queries that change nothing. */
  readonly read: <Result>(query: (db: Kysely<ControlSchema>) => Promise<Result>) => Promise<Result>
  /** Runs one transaction that no other writer interleaves with; nothing of it is kept when it throws. */
  readonly write: <Result>(change: (db: Transaction<ControlSchema>) => Promise<Result>) => Promise<Result>
}

import { Kysely, PostgresDialect, sql } from 'kysely'
import { AnomstackError } from '../core/errors.ts'
import type { ControlAccess } from './access.ts'
import type { Control } from './control.ts'
import { migrate } from './migrate.ts'
import { isTakenBack, postgresFailure } from './postgres-failure.ts'
import { createPostgresNews } from './postgres-news.ts'
import { openPool } from './postgres-pool.ts'
import type { ControlSchema } from './schema.ts'
import { createStores } from './stores.ts'

export interface PostgresControlOptions {
  /** Connections of this process at most. */
  readonly poolSize?: number
  /** Called when a connection that nobody was using broke; the next call gets another. */
  readonly onIdleError?: (error: AnomstackError) => void
}

const SCHEMA = 'anomstack'
/** Whom exclusive transactions of all processes wait for; any number does that nobody else uses. */
export const TURN = 7_310_579_626_241
const MOST_TRIES = 5

/** Opens the control database in the schema `anomstack` of a PostgreSQL database, making or upgrading it as needed; any number of processes may have it
 * open, and the server may be restarted meanwhile. Errors: `CONTROL_FAILED`, which never shows the password. */
export async function openPostgresControl(
  url: string,
  { poolSize = 8, onIdleError = () => {} }: PostgresControlOptions = {},
): Promise<Control> {
  let closed = false
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      if (closed)
        throw new AnomstackError('CONTROL_FAILED', 'control database: it has been closed', {
          retryable: false,
        })
      return await work()
    } catch (error) {
      throw postgresFailure(error, url)
    }
  }
  const db = await guarded(async () => {
    const pool = openPool({
      url,
      size: poolSize,
      searchPath: SCHEMA,
      onIdleError: (error) => onIdleError(postgresFailure(error, url)),
    })
    return new Kysely<ControlSchema>({ dialect: new PostgresDialect({ pool }) })
  })
  const tried = <Result>(work: () => Promise<Result>): Promise<Result> =>
    guarded(async () => {
      for (let attempt = 1; ; attempt++)
        try {
          return await work()
        } catch (error) {
          if (attempt === MOST_TRIES || !isTakenBack(error)) throw error
        }
    })
  const write: ControlAccess['write'] = (change) => tried(() => db.transaction().execute(change))
  const access: ControlAccess = {
    read: (query) => tried(() => query(db)),
    change: (statement) => tried(() => statement(db)),
    write,
    exclusive: (change) =>
      write(async (transaction) => {
        await sql`SELECT pg_advisory_xact_lock(${TURN})`.execute(transaction)
        return change(transaction)
      }),
  }
  const close = async () => {
    if (closed) return
    closed = true
    await db.destroy()
  }
  try {
    await makeSchema(access)
    await migrate(access, { engine: 'postgres', at: {} })
  } catch (error) {
    await close()
    throw error
  }
  const news = createPostgresNews({
    url,
    query: (text) => access.change((db) => sql.raw(text).execute(db)),
  })
  return { ...createStores({ access, news }), close }
}

/** Asks first: the right to make a schema is not needed once there is one. */
async function makeSchema({ read, exclusive }: ControlAccess): Promise<void> {
  const { rows } = await read((db) =>
    sql<{ readonly there: boolean }>`SELECT to_regnamespace(${SCHEMA}) IS NOT NULL AS there`.execute(db),
  )
  if (rows[0]?.there !== true) await exclusive((db) => db.schema.createSchema(SCHEMA).ifNotExists().execute())
}

import type { Column, Connection, ConnectionOptions, RowStatement } from 'snowflake-sdk'

/** What one statement has returned. */
export interface SnowflakeResult {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
}

/** A session at Snowflake: one statement, or one text of several, at a time. */
export interface SnowflakeSession {
  /** Runs a text as one request; `values` are bound in their order and allow for one statement only. Rejects with the driver's error. */
  execute(sql: string, request?: SnowflakeRequest): Promise<readonly SnowflakeResult[]>
  /** Asks Snowflake to stop what runs; does nothing when nothing does. */
  cancel(): void
  /** Ends the session there, with its temporary tables and open transactions; never rejects. */
  end(): Promise<void>
}

export interface SnowflakeRequest {
  readonly values?: readonly unknown[]
  /** The longest that Snowflake lets it run, in seconds. */
  readonly limitSeconds?: number
}

/** Times in UTC, each statement its own transaction, documents that are valid JSON; what runs for a process that died is stopped. */
const SESSION = `ALTER SESSION SET TIMEZONE = 'UTC' AUTOCOMMIT = TRUE STRICT_JSON_OUTPUT = TRUE ABORT_DETACHED_QUERY = TRUE`

type Driver = typeof import('snowflake-sdk')

let driver: Promise<Driver> | undefined

/** The driver without what it does unasked: telemetry, a look at cloud metadata services, log files in the working directory, and calls to revocation servers. */
function loadDriver(): Promise<Driver> {
  driver ??= (async () => {
    // The driver reads these while it is loaded, and takes no other word for it.
    Object.assign(process.env, {
      SF_TELEMETRY_DISABLE_CONNECTION_SHAPE: 'true',
      SNOWFLAKE_DISABLE_PLATFORM_DETECTION: 'true',
      SNOWFLAKE_DISABLE_MINICORE: 'true',
    })
    const { default: loaded } = await import('snowflake-sdk')
    const ignore = (): void => {}
    loaded.configure({
      logLevel: 'OFF',
      customLogger: { error: ignore, warn: ignore, info: ignore, debug: ignore, trace: ignore },
      disableOCSPChecks: true,
      jsonColumnVariantParser: documentOf,
    })
    return loaded
  })()
  driver.catch(() => {
    driver = undefined
  })
  return driver
}

/** The driver itself would evaluate what is no JSON as a program. */
function documentOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Logs in. Rejects with the driver's error. */
export async function openSession(options: ConnectionOptions): Promise<SnowflakeSession> {
  const { createConnection } = await loadDriver()
  const connection = createConnection(options)
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)))
  })
  const session = sessionOf(connection)
  try {
    await session.execute(SESSION, { values: [] })
    return session
  } catch (error) {
    await session.end()
    throw error
  }
}

function sessionOf(connection: Connection): SnowflakeSession {
  let running: RowStatement | undefined
  return {
    async execute(sql, { values, limitSeconds } = {}) {
      const results: SnowflakeResult[] = []
      try {
        await new Promise<void>((resolve, reject) => {
          running = connection.execute({
            sqlText: sql,
            rowMode: 'array',
            streamResult: false,
            ...(values === undefined || values.length === 0 ? {} : { binds: values as readonly string[] }),
            parameters: {
              ...(values === undefined ? { MULTI_STATEMENT_COUNT: 0 } : {}),
              ...(limitSeconds === undefined ? {} : { STATEMENT_TIMEOUT_IN_SECONDS: limitSeconds }),
            },
            // Called once for each statement of the text.
            complete: (error, statement, rows) => {
              if (error !== undefined && error !== null) return reject(error)
              results.push({ columns: statement.getColumns() ?? [], rows: rows ?? [] })
              if ('hasNext' in statement && statement.hasNext()) statement.NextResult()
              else resolve()
            },
          })
        })
      } finally {
        running = undefined
      }
      return results
    },
    cancel: () => running?.cancel(() => {}),
    end: () =>
      new Promise((resolve) => {
        try {
          connection.destroy(() => resolve())
        } catch {
          resolve()
        }
      }),
  }
}

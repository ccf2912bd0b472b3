import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ClickHouseLogLevel, type ClickHouseSettings, createClient } from '@clickhouse/client'
import { AnomstackError } from '../../core/errors.ts'
import type { QueryOptions } from '../database.ts'
import { interruptible, type Patience } from '../interruption.ts'
import type { Statement } from '../tables/dialect.ts'
import type { ClickhouseAddress } from './address.ts'
import { clickhouseError, isDropped } from './errors.ts'
import { statementForm } from './parameters.ts'

export interface ClickhouseServer {
  /** Runs work, and stops its statement in the server when the caller gives up. */
  run<T>(
    options: QueryOptions,
    kind: WorkKind,
    work: (session: ClickhouseSession, patience: Patience) => Promise<T>,
  ): Promise<T>
  close(): Promise<void>
}

export interface WorkKind {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** Whether doing it twice is doing it once, so that it is tried again when its connection breaks. */
  readonly repeatable: boolean
}

/** Statements are in UTC. Only those of one `sessionId` share settings and temporary tables. */
export interface ClickhouseSession {
  ask(statement: Statement, options: AskOptions): Promise<Answer>
  /** Runs a statement whose answer does not matter. */
  tell(statement: Statement): Promise<void>
  /** Sends rows, in the format that the statement names, as its data. */
  insert(text: string, rows: Iterable<Uint8Array>, settings: ClickHouseSettings): Promise<void>
}

export interface AskOptions {
  /** For an answer whose statement names no format. */
  readonly format: string
  readonly settings?: ClickHouseSettings
  readonly sessionId?: string
}

export interface Answer {
  /** What the answer is really in, where the server says so. */
  readonly format: string | undefined
  readonly body: Buffer
}

const MAX_CONNECTIONS = 16
const LONGEST_TIMER = 2 ** 31 - 1
/** The server's own limit is a little longer than ours, for the case that this process dies. */
const SERVER_TIMEOUT_MARGIN_MS = 2_000
const ATTEMPTS = 3
const KILL_TIMEOUT_MS = 3_000
const SECOND_KILL_MS = 500

const SETTINGS: ClickHouseSettings = {
  session_timezone: 'UTC',
  // Errors in the middle of an answer come as errors, not as a part of it.
  wait_end_of_query: 1,
  cancel_http_readonly_queries_on_client_close: 1,
  // What was written or deleted is seen by whoever reads next.
  async_insert: 0,
  mutations_sync: '2',
  lightweight_deletes_sync: '2',
  // A number that is written as text is read as exactly that number.
  precise_float_parsing: 1,
  // A block that is the same as one from before is not a repetition: what came between must be overwritten.
  insert_deduplicate: 0,
}

/** A server that is asked over HTTP; opens nothing by itself. */
export function clickhouseServer({
  url,
  username,
  password,
  database,
  secrets,
}: ClickhouseAddress): ClickhouseServer {
  const client = createClient({
    url,
    username,
    password,
    database,
    application: 'anomstack',
    max_open_connections: MAX_CONNECTIONS,
    // Who waits sets the limit.
    request_timeout: LONGEST_TIMER,
    clickhouse_settings: SETTINGS,
    log: { level: ClickHouseLogLevel.OFF },
  })
  const messages = new Set<Promise<void>>()
  let closed = false

  const sendKill = async (id: string, signal: AbortSignal): Promise<boolean> => {
    const { type, body } = statementForm({ text: 'KILL QUERY WHERE query_id = {p1:String}', values: [id] })
    const { stream } = await client.exec({
      query: body,
      http_headers: { 'content-type': type },
      abort_signal: signal,
    })
    return (await buffer(stream)).length > 0
  }

  /** Stops a statement. One that is still on its way to the server is not there yet when it is looked for, so there is a second look. */
  const kill = (id: string): void => {
    const signal = AbortSignal.timeout(KILL_TIMEOUT_MS)
    const message = (async () => {
      if (!(await sendKill(id, signal)) && !closed) {
        await delay(SECOND_KILL_MS, undefined, { ref: false })
        if (!closed) await sendKill(id, signal)
      }
    })()
      // It ends at its time limit, or when the server notices that nobody listens.
      .catch(() => {})
      .finally(() => messages.delete(message))
    messages.add(message)
  }

  const sessionOf = (signal: AbortSignal, limit: ClickHouseSettings): ClickhouseSession => {
    const request = async (
      parts: Omit<Parameters<typeof client.exec>[0], 'query_id' | 'abort_signal'> & {
        readonly values?: Readable
      },
    ): Promise<Answer> => {
      const id = randomUUID()
      const stop = (): void => kill(id)
      signal.addEventListener('abort', stop)
      try {
        const { stream, response_headers: headers } = await client.exec({
          ...parts,
          query_id: id,
          abort_signal: signal,
          clickhouse_settings: { ...limit, ...parts.clickhouse_settings },
        })
        if (!Object.keys(headers).some((name) => name.startsWith('x-clickhouse-')))
          throw new Error('whatever answers there is no ClickHouse')
        const format = headers['x-clickhouse-format']
        return { format: typeof format === 'string' ? format : undefined, body: await buffer(stream) }
      } finally {
        signal.removeEventListener('abort', stop)
      }
    }
    const ask: ClickhouseSession['ask'] = (statement, { format, settings, sessionId }) => {
      const clickhouse_settings = { ...settings, default_format: format } as ClickHouseSettings
      const session = sessionId === undefined ? {} : { session_id: sessionId }
      if (statement.values.length === 0)
        return request({ query: statement.text, clickhouse_settings, ...session })
      const { type, body } = statementForm(statement)
      return request({ query: body, http_headers: { 'content-type': type }, clickhouse_settings, ...session })
    }
    return {
      ask,
      tell: async (statement) => {
        await ask(statement, { format: 'Null' })
      },
      insert: async (query, rows, settings) => {
        await request({
          query,
          values: Readable.from(rows, { objectMode: false }),
          clickhouse_settings: settings,
        })
      },
    }
  }

  return {
    run: async (options, { failure, repeatable }, work) => {
      const { timeoutMs } = options
      const limit: ClickHouseSettings =
        timeoutMs === undefined
          ? {}
          : { max_execution_time: Math.ceil((timeoutMs + SERVER_TIMEOUT_MARGIN_MS) / 1000) }
      try {
        return await interruptible(options, async (patience) => {
          const controller = new AbortController()
          patience.ended.catch(() => controller.abort())
          for (let attempt = 1; ; attempt++) {
            patience.check()
            if (closed)
              throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', {
                retryable: false,
              })
            try {
              return await Promise.race([work(sessionOf(controller.signal, limit), patience), patience.ended])
            } catch (error) {
              if (!repeatable || attempt === ATTEMPTS || !isDropped(error)) throw error
            }
          }
        })
      } catch (error) {
        throw clickhouseError(error, { failure, secrets, database })
      }
    },
    close: async () => {
      closed = true
      await Promise.all(messages)
      await client.close()
    },
  }
}

import { type Client, createClient, type InStatement, type ResultSet } from '@libsql/client/http'
import { AnomstackError } from '../../core/errors.ts'
import { createRedactor } from '../../core/redact.ts'
import type { QueryOptions } from '../database.ts'
import { interruptible, type Patience } from '../interruption.ts'
import type { Statement } from '../tables/dialect.ts'
import { tursoError } from './errors.ts'

export interface TursoServer {
  readonly url: string
  readonly authToken?: string
}

export interface TursoSession {
  /** Runs work, and stops it when the caller gives up. */
  run<T>(options: QueryOptions, kind: WorkKind, work: (calls: TursoCalls) => Promise<T>): Promise<T>
  close(): void
}

interface WorkKind {
  /** What a failure of the engine is called. Work that writes is not cut off in the middle of a request, whose outcome nobody would know. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
}

/** What work can ask the server. */
export interface TursoCalls {
  /** One statement by itself. */
  execute(statement: Statement): Promise<ResultSet>
  /** All of them as one transaction, in one request. */
  atomically(statements: readonly Statement[]): Promise<readonly ResultSet[]>
  /** Groups of statements as one transaction, a request for each group. */
  atomicallyInTurn(groups: Iterable<readonly Statement[]>): Promise<void>
  /** Statements as they are, one after the other on one connection, which then ends with whatever they left open. */
  inOrder(texts: readonly string[]): Promise<readonly ResultSet[]>
}

/** How long a request that writes may take to end when the caller has given up. */
const GRACE_MS = 5_000
const ATTEMPTS = 3

const inStatement = ({ text, values }: Statement): InStatement => ({
  sql: text,
  args: values as (string | number)[],
})

/** Calls of a server; nothing is opened before the first, and each stands for itself. */
export function tursoSession({ url, authToken }: TursoServer): TursoSession {
  let closed = false
  const redact = createRedactor(authToken === undefined ? [] : [authToken])
  const server = url.replace(/^(\w+:\/\/)[^@/]*@/, '$1')

  const client = (cut: AbortSignal): Client =>
    createClient({
      // What the client asks for lies below the address.
      url: `${url.replace(/\/+$/, '')}/`,
      ...(authToken === undefined ? {} : { authToken }),
      // 64-bit integers as they are; values of results become numbers later.
      intMode: 'bigint',
      fetch: async (request: Request) => {
        // What follows a cut only tells the server that the connection is not needed any more.
        const response = await fetch(request, cut.aborted ? {} : { signal: cut })
        if (response.status === 401 || response.status === 403) {
          await response.body?.cancel()
          throw new AnomstackError(
            'CONNECTION_FAILED',
            `Turso refused the token for ${server} (HTTP ${response.status}): check auth_token, and make a new one if it has expired`,
            { retryable: false },
          )
        }
        return response
      },
    })

  const run: TursoSession['run'] = async (options, { failure }, work) => {
    const cut = new AbortController()
    let grace: NodeJS.Timeout | undefined
    try {
      if (closed)
        throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
      return await interruptible(options, async (patience) => {
        const stop = (): void => cut.abort()
        patience.ended.catch(() => {
          if (failure === 'QUERY_FAILED') stop()
          else grace = setTimeout(stop, GRACE_MS)
        })
        const calls = callsOf(client(cut.signal), patience)
        // The user's own statements may have done something already, and are not repeated.
        return failure === 'WRITE_FAILED' ? retryingBusy(() => work(calls)) : work(calls)
      })
    } catch (error) {
      throw tursoError(error, failure, { server, redact })
    } finally {
      clearTimeout(grace)
    }
  }

  return {
    run,
    close: () => {
      closed = true
    },
  }
}

function callsOf(client: Client, patience: Patience): TursoCalls {
  return {
    execute: (each) => client.execute(inStatement(each)),
    atomically: (statements) => client.batch(statements.map(inStatement), 'write'),
    atomicallyInTurn: async (groups) => {
      const transaction = await client.transaction('write')
      try {
        for (const group of groups) {
          patience.check()
          await transaction.batch(group.map(inStatement))
        }
        patience.check()
        await transaction.commit()
      } catch (error) {
        await transaction.rollback().catch(() => {})
        throw error
      }
    },
    inOrder: async (texts) => {
      // The client holds a connection for nothing but a transaction; that ends at once, so that these statements begin and end their own.
      const connection = await client.transaction('deferred')
      try {
        return (await connection.batch(['COMMIT', ...texts])).slice(1)
      } finally {
        await connection.rollback().catch(() => {})
      }
    },
  }
}

/** Another writer may hold the database for longer than the server waits. */
async function retryingBusy<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (attempt === ATTEMPTS || !code.startsWith('SQLITE_BUSY')) throw error
    }
}

import type { PoolClient } from 'pg'
import { clientConfig, lastRows, secretsOf } from '../postgres/client.ts'
import { isTransactionConflict } from '../postgres/errors.ts'
import { postgresPool } from '../postgres/pool.ts'
import { redshiftDialect } from './dialect.ts'
import type { RedshiftOptions } from './options.ts'
import type { RedshiftCalls, RedshiftSession } from './session.ts'

/** Redshift takes 16 MB; what is smaller is parsed while the next is written. */
const STATEMENT_BYTES = 500_000
const ATTEMPTS = 3

/** Redshift over its own port; connects at the first call. */
export function wireSession({ url, ...given }: RedshiftOptions): RedshiftSession {
  const { host, port, user, password, database, ssl } = given
  const options = {
    ...(url === undefined ? {} : { url: url.replace(/^redshift:/, 'postgres:') }),
    ...(host === undefined ? {} : { host }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    port,
    database,
    ssl,
  }
  const pool = postgresPool(
    clientConfig(options),
    secretsOf({ ...options, ...(url === undefined ? {} : { url }) }),
    {
      label: 'Redshift',
    },
  )
  return {
    dialect: redshiftDialect,
    statementBytes: STATEMENT_BYTES,
    run: (queryOptions, kind, work) => pool.run(queryOptions, kind, (client) => work(callsOf(client))),
    query: (sql, queryOptions) =>
      pool.run(queryOptions, { failure: 'QUERY_FAILED', sql }, async (client) =>
        lastRows(await client.query(sql)),
      ),
    close: pool.close,
  }
}

function callsOf(client: PoolClient): RedshiftCalls {
  return {
    rows: async ({ text, values }) =>
      (await client.query<unknown[]>({ text, values: [...values], rowMode: 'array' })).rows,
    prepare: async ({ text, values }) => {
      await client.query(text, [...values])
    },
    atomically: async (statements) => {
      for (let attempt = 1; ; attempt++)
        try {
          await client.query('BEGIN')
          const counts: number[] = []
          for (const { text, values } of statements)
            counts.push((await client.query(text, [...values])).rowCount ?? 0)
          await client.query('COMMIT')
          return counts
        } catch (error) {
          if (attempt === ATTEMPTS || !isTransactionConflict(error)) throw error
          await client.query('ROLLBACK')
        }
    },
  }
}

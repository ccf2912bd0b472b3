import type { ClientConfig } from 'pg'
import { z } from 'zod'
import { defineDatabase, type MetricsTable, type SqlRow } from './database.ts'
import { tableNameParts } from './identifiers.ts'
import { keyedRows, rowCount } from './keyed-rows.ts'
import { readHistory } from './postgres-history.ts'
import { type PostgresPool, postgresPool } from './postgres-pool.ts'
import { ensureTable } from './postgres-shape.ts'
import { checkKeyLengths, deleteBefore, deleteRows, summarize, upsertRows } from './postgres-table.ts'

const options = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional()
    .meta({
      description: 'postgres://user:password@host:port/database; the other options add what it leaves out.',
      secret: true,
    }),
  host: z.string().min(1).optional().meta({
    description: 'Name or address of the server, or the folder of its socket; localhost when not given.',
  }),
  port: z.number().int().min(1).max(65535).optional().meta({ description: '5432 when not given.' }),
  user: z.string().min(1).optional().meta({ description: 'Whom to log in as.' }),
  password: z.string().optional().meta({ description: "The user's password.", secret: true }),
  database: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Name of the database; the user's name when not given." }),
  ssl: z
    .union([z.boolean(), z.enum(['disable', 'require', 'verify-full'])])
    .optional()
    .meta({
      description:
        '`require` encrypts, `verify-full` (or true) also checks the certificate, `disable` (or false) does neither.',
    }),
})

export const postgres = defineDatabase({
  name: 'postgres',
  summary: 'A PostgreSQL server, 14 or newer, or what speaks its protocol.',
  options,
  example: { url: 'postgres://anomstack:password@localhost:5432/metrics' },
  environment: {
    url: 'ANOMSTACK_POSTGRES_URL',
    host: 'ANOMSTACK_POSTGRES_HOST',
    port: 'ANOMSTACK_POSTGRES_PORT',
    user: 'ANOMSTACK_POSTGRES_USER',
    password: 'ANOMSTACK_POSTGRES_PASSWORD',
    database: 'ANOMSTACK_POSTGRES_DATABASE',
    ssl: 'ANOMSTACK_POSTGRES_SSL',
  },
  create: (given) => {
    const config = clientConfig(given)
    const pool = postgresPool(config, secretsOf(given))
    return {
      query: (sql, queryOptions = {}) =>
        pool.run(queryOptions, { failure: 'QUERY_FAILED', sql }, async (client) =>
          lastRows(await client.query(sql)),
        ),
      metricsTable: (name) => metricsTable(pool, name),
      close: pool.close,
    }
  },
})

type Options = z.output<typeof options>

function clientConfig({ url, host, port, user, password, database, ssl }: Options): ClientConfig {
  return {
    ...(url === undefined
      ? { host: host ?? 'localhost' }
      : { connectionString: withDefaults(url, { host, port, user, password, database }) }),
    ...(url === undefined ? defined({ port, user, password, database }) : {}),
    ...(ssl === undefined ? {} : { ssl: sslOf(ssl) }),
  }
}

function defined(values: Record<string, string | number | undefined>): ClientConfig {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

/** Parts that the address leaves out, from the other options. */
function withDefaults(
  url: string,
  { host, port, user, password, database }: Omit<Options, 'url' | 'ssl'>,
): string {
  if (!URL.canParse(url)) return url
  const address = new URL(url)
  if (address.hostname === '' && host !== undefined) address.hostname = host
  if (address.port === '' && port !== undefined) address.port = String(port)
  if (address.username === '' && user !== undefined) address.username = encodeURIComponent(user)
  if (address.password === '' && password !== undefined) address.password = encodeURIComponent(password)
  if (address.pathname.length < 2 && database !== undefined)
    address.pathname = `/${encodeURIComponent(database)}`
  return address.href
}

function sslOf(ssl: NonNullable<Options['ssl']>): ClientConfig['ssl'] {
  if (ssl === false || ssl === 'disable') return false
  return { rejectUnauthorized: ssl !== 'require' }
}

/** What must not show in an error: the address, and the password as it is and as addresses write it. */
function secretsOf({ url, password }: Options): readonly string[] {
  const inUrl = url !== undefined && URL.canParse(url) ? new URL(url).password : ''
  const all = [url ?? '', password ?? '', encodeURIComponent(password ?? ''), inUrl, decodeSafely(inUrl)]
  return [...new Set(all)].filter((secret) => secret !== '').sort((a, b) => b.length - a.length)
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

interface Result {
  readonly rows: readonly SqlRow[]
  readonly fields: readonly unknown[]
}

/** The driver answers several statements with a list. */
function lastRows(result: Result | readonly Result[]): readonly SqlRow[] {
  const results = Array.isArray(result) ? (result as readonly Result[]) : [result as Result]
  return results.findLast(({ fields }) => fields.length > 0)?.rows ?? []
}

function metricsTable(pool: PostgresPool, name: string): MetricsTable {
  const parts = tableNameParts(name)
  const write = { failure: 'WRITE_FAILED' } as const
  const read = { failure: 'QUERY_FAILED' } as const
  return {
    ensure: () => pool.run({}, write, (client) => ensureTable(client, parts)),
    upsert: async (rows, queryOptions = {}) => {
      const series = keyedRows(rows)
      checkKeyLengths(series)
      if (series.length > 0)
        await pool.run(queryOptions, write, (client) => upsertRows(client, parts, series))
      return rowCount(series)
    },
    history: async (query, queryOptions = {}) => {
      if (query.types.length === 0 || query.metrics?.length === 0) return new Map()
      return pool.run(queryOptions, read, (client) => readHistory(client, parts, query))
    },
    deleteBefore: (query, queryOptions = {}) =>
      pool.run(queryOptions, write, (client) => deleteBefore(client, parts, query)),
    deleteRows: async (keys, queryOptions = {}) => {
      const series = keyedRows([...keys].map((key) => ({ ...key, value: 0, metadata: '' })))
      return series.length === 0
        ? 0
        : pool.run(queryOptions, write, (client) => deleteRows(client, parts, series))
    },
    summary: (query, queryOptions = {}) =>
      pool.run(queryOptions, read, (client) => summarize(client, parts, query)),
  }
}

import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { Database, QueryOptions } from '../database.ts'
import { openDuckdb } from '../duckdb/open-duckdb.ts'
import { interruptible } from '../interruption.ts'
import { noMetricsTable } from '../read-only.ts'
import { quoteIdentifier } from '../tables/identifiers.ts'

export interface FilesOptions {
  /** Name of a table -> address or path. */
  readonly tables: Readonly<Record<string, string>>
  readonly format?: Format | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly max_megabytes: number
  /** Absolute path of a file of the project. */
  readonly resolve: (path: string) => string
}

type Format = 'csv' | 'parquet' | 'json'

const READERS: Readonly<Record<Format, string>> = {
  csv: 'read_csv',
  parquet: 'read_parquet',
  json: 'read_json_auto',
}
const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.(csv|tsv|txt)(\.gz)?$/i, 'csv'],
  [/\.parquet$/i, 'parquet'],
  [/\.(json|jsonl|ndjson)(\.gz)?$/i, 'json'],
]

/** Files as tables of a DuckDB in memory, read anew for each query; of those on the web, only the ones that the query names are fetched. */
export function openFiles(options: FilesOptions): Database {
  let closed = false

  async function withTables<Result>(
    { signal, timeoutMs }: QueryOptions,
    wanted: (name: string) => boolean,
    work: (database: Database, rest: QueryOptions) => Promise<Result>,
  ): Promise<Result> {
    if (closed)
      throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
    const folder = await mkdtemp(join(tmpdir(), 'anomstack-files-'))
    const database = openDuckdb({ path: ':memory:' })
    const stop = new AbortController()
    const patienceOf = {
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }
    try {
      return await interruptible(patienceOf, async (patience) => {
        patience.ended.catch(() => stop.abort())
        for (const [index, [name, place]] of Object.entries(options.tables).entries()) {
          if (!wanted(name)) continue
          const isAddress = /^https?:\/\//i.test(place)
          const path = isAddress ? join(folder, `${index}${endingOf(place)}`) : options.resolve(place)
          if (isAddress) await download(place, path, { ...options, signal: stop.signal })
          const reader = READERS[formatOf(place, options.format)]
          await database.query(
            `CREATE VIEW ${quoteIdentifier(name)} AS SELECT * FROM ${reader}('${path.replaceAll("'", "''")}')`,
            { signal: stop.signal },
          )
        }
        return work(database, { signal: stop.signal })
      })
    } finally {
      await database.close()
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    query: (sql, given = {}) =>
      withTables(
        given,
        (name) => names(sql, name),
        (database, rest) => database.query(sql, rest),
      ),
    tables: (given = {}) =>
      withTables(
        given,
        () => true,
        async (database, rest) => (await database.tables?.(rest)) ?? [],
      ),
    metricsTable: noMetricsTable('files'),
    async close() {
      closed = true
    },
  }
}

/** Whether the text may mean a table: its name stands somewhere in it. */
function names(sql: string, table: string): boolean {
  const text = sql.toLowerCase()
  return [table, quoteIdentifier(table)].some((name) => text.includes(name.toLowerCase()))
}

function pathOf(place: string): string {
  return /^https?:\/\//i.test(place) && URL.canParse(place) ? new URL(place).pathname : place
}

function endingOf(place: string): string {
  return /(\.[a-z0-9]+){1,2}$/i.exec(pathOf(place))?.[0] ?? ''
}

function formatOf(place: string, fallback: Format | undefined): Format {
  const format = ENDINGS.find(([ending]) => ending.test(pathOf(place)))?.[1] ?? fallback
  if (format !== undefined) return format
  throw new AnomstackError(
    'CONFIG_INVALID',
    `the ending of ${pathOf(place)} does not tell its format; set format to csv, parquet or json`,
  )
}

async function download(
  address: string,
  path: string,
  { headers, max_megabytes: most, signal }: FilesOptions & { readonly signal: AbortSignal },
): Promise<void> {
  // Addresses may hold secrets: messages name the host.
  const host = URL.canParse(address) ? new URL(address).host : address
  try {
    const response = await fetch(address, { signal, headers: headers ?? {} })
    if (!response.ok || response.body === null)
      throw new AnomstackError('CONNECTION_FAILED', `${host} answers with status ${response.status}`, {
        retryable: response.status >= 500 || response.status === 429,
      })
    let bytes = 0
    const counted = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length
        if (bytes <= most * 1024 * 1024) done(null, chunk)
        else
          done(
            new AnomstackError(
              'QUERY_FAILED',
              `the file of ${host} is larger than max_megabytes (${most}); raise it, or choose a smaller file`,
            ),
          )
      },
    })
    await pipeline(Readable.fromWeb(response.body as never), counted, createWriteStream(path))
  } catch (error) {
    if (error instanceof AnomstackError) throw error
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `a file of ${host} cannot be fetched: ${messageOf(reason)}`,
      {
        cause: error,
      },
    )
  }
}

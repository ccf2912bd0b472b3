import type { ClientConfig } from 'pg'
import type { SqlRow } from '../database.ts'
import type { PostgresOptions } from './options.ts'

/** What the driver connects by. */
export function clientConfig({
  url,
  host,
  port,
  user,
  password,
  database,
  ssl,
}: PostgresOptions): ClientConfig {
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
  { host, port, user, password, database }: Omit<PostgresOptions, 'url' | 'ssl'>,
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

function sslOf(ssl: NonNullable<PostgresOptions['ssl']>): ClientConfig['ssl'] {
  if (ssl === false || ssl === 'disable') return false
  return { rejectUnauthorized: ssl !== 'require' }
}

/** What must not show in an error: the address, and the password as it is and as addresses write it. */
export function secretsOf({ url, password }: PostgresOptions): readonly string[] {
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

/** Rows of the last statement that returns rows; the driver answers several statements with a list. */
export function lastRows(result: Result | readonly Result[]): readonly SqlRow[] {
  const results = Array.isArray(result) ? (result as readonly Result[]) : [result as Result]
  return results.findLast(({ fields }) => fields.length > 0)?.rows ?? []
}

import { AnomstackError } from '../../core/errors.ts'
import type { ClickhouseOptions } from './options.ts'

/** Where a server is and whom to be there. */
export interface ClickhouseAddress {
  /** Protocol, host and port, without any secret. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
  /** What must not show in an error: the address, and the password as it is and as addresses write it. */
  readonly secrets: readonly string[]
}

/** Whom a project without settings logs in as, and with what; both are well known. */
const USER = 'anomstack'
const ITS_PASSWORD = 'anomstack'

/** The options as one address. Throws `CONNECTION_FAILED` for a `url` that is none. */
export function clickhouseAddress(options: ClickhouseOptions): ClickhouseAddress {
  const { url, host = 'localhost', ssl = false } = options
  const address = url === undefined ? undefined : parse(url)
  const secure = address === undefined ? ssl : address.protocol === 'https:'
  const hostname = address?.hostname ?? (host.includes(':') ? `[${host}]` : host)
  const inUrl = address?.password ?? ''
  const username = given(address?.username) ?? options.user ?? USER
  const password = given(inUrl) ?? options.password ?? (username === USER ? ITS_PASSWORD : '')
  const standard = secure ? 443 : 80
  // A URL drops the port that is its protocol's own, which is not ClickHouse's.
  const written = url !== undefined && new RegExp(`:${standard}(/|\\?|$)`).test(url) ? standard : undefined
  const port = given(address?.port) ?? written ?? options.port ?? (secure ? 8443 : 8123)
  return {
    url: `${secure ? 'https' : 'http'}://${hostname}:${port}`,
    username,
    password,
    database: given(address?.pathname.slice(1)) ?? options.database ?? 'default',
    secrets: [...new Set([url ?? '', password, encodeURIComponent(password), inUrl])]
      .filter((secret) => secret !== '' && secret !== ITS_PASSWORD)
      .sort((a, b) => b.length - a.length),
  }
}

function parse(url: string): URL {
  if (URL.canParse(url)) return new URL(url)
  throw new AnomstackError(
    'CONNECTION_FAILED',
    'cannot connect to ClickHouse: its url is none; write https://user:password@host:8443/database, with special characters of the password percent-encoded',
    { retryable: false },
  )
}

/** A part of an address, as it was meant; nothing where it is absent or empty. */
function given(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

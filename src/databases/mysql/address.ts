import type { ConnectionOptions } from 'mysql2/promise'
import { AnomstackError } from '../../core/errors.ts'
import type { MysqlOptions } from './options.ts'

const DEFAULT_PORT = 3306

/** What the driver is given. Throws `CONNECTION_FAILED` for an address that is none; it names no part of it, which may be a secret. */
export function connectionOf(options: MysqlOptions): ConnectionOptions {
  const { host = 'localhost', port = DEFAULT_PORT, user, password, database } = partsOf(options)
  return {
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    ...sslOf(options.ssl),
  }
}

/** What must not show in an error: the address and the password. */
export function secretsOf({ url, password }: MysqlOptions): readonly string[] {
  const inUrl = url !== undefined && URL.canParse(url) ? new URL(url).password : ''
  return [url, password, inUrl, decoded(inUrl)].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[]
}

/** Parts of the address, then of the other options. */
function partsOf({
  url,
  host,
  port,
  user,
  password,
  database,
}: MysqlOptions): Omit<MysqlOptions, 'url' | 'ssl'> {
  const others = { host, port, user, password, database }
  if (url === undefined) return defined(others)
  if (!URL.canParse(url))
    throw unusable('it cannot be read; write special characters of user and password as %40 and the like')
  const address = new URL(url)
  if (address.search !== '')
    throw unusable('it has parameters behind a question mark; use the option ssl instead')
  return {
    ...defined(others),
    ...defined({
      host: address.hostname === '' ? undefined : address.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: address.port === '' ? undefined : Number(address.port),
      user: address.username === '' ? undefined : decoded(address.username),
      password: address.password === '' ? undefined : decoded(address.password),
      database: address.pathname.length < 2 ? undefined : decoded(address.pathname.slice(1)),
    }),
  }
}

function unusable(problem: string): AnomstackError {
  return new AnomstackError(
    'CONNECTION_FAILED',
    `cannot connect to MySQL: the address is not valid: ${problem}`,
    {
      retryable: false,
    },
  )
}

function defined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function sslOf(ssl: MysqlOptions['ssl']): Pick<ConnectionOptions, 'ssl'> {
  if (ssl === undefined || ssl === false || ssl === 'disable') return {}
  return {
    ssl: { rejectUnauthorized: ssl !== 'require', ...(ssl === 'require' ? {} : { verifyIdentity: true }) },
  }
}

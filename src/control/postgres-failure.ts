import { AnomstackError, messageOf } from '../core/errors.ts'
import { createRedactor } from '../core/redact.ts'

interface Cause {
  /** What the SQLSTATE, or Node's code, of the error matches. */
  readonly code: RegExp
  readonly remedy: string
  /** Whether the same may succeed later without a change by people. */
  readonly retryable: boolean
}

const CAUSES: readonly Cause[] = [
  {
    code: /^28/,
    remedy: 'the server refuses the user or the password: check them in ANOMSTACK_DATABASE_URL',
    retryable: false,
  },
  {
    code: /^3D000$/,
    remedy: 'there is no such database: create it, or correct ANOMSTACK_DATABASE_URL',
    retryable: false,
  },
  {
    code: /^42501$/,
    remedy:
      'the user lacks a right: let its owner GRANT CREATE ON DATABASE to it, or make it the owner of the schema "anomstack"',
    retryable: false,
  },
  {
    code: /^53300$/,
    remedy: 'the server has no connection left: raise its max_connections, or let fewer processes share it',
    retryable: true,
  },
  {
    code: /^53100$/,
    remedy: 'the disk of the server is full: free some space; what was not written is tried again',
    retryable: true,
  },
  {
    code: /^57P0/,
    remedy: 'the server is shutting down or starting; what was not written is tried again',
    retryable: true,
  },
  {
    code: /^25006$/,
    remedy: 'the server only answers reads, as a standby does: connect to the primary',
    retryable: true,
  },
  {
    code: /^(57014|55P03|25P03)$/,
    remedy:
      'a statement waited or worked for too long: look for a process that holds locks, or an overloaded server',
    retryable: true,
  },
  {
    code: /^(ECONN|ENOTFOUND$|EAI_AGAIN$|ETIMEDOUT$|EHOSTUNREACH$|ENETUNREACH$|EPIPE$|08)/,
    remedy: 'the server cannot be reached: check that it runs and that host and port are right',
    retryable: true,
  },
]

/** Classes of SQLSTATE that only a change by people ends: wrong values, broken rules, unknown names, missing features. */
const LASTING = /^(0A|22|23|3F|42)/
const CUT = /^(ECONN|ETIMEDOUT$|EPIPE$|EHOSTUNREACH$|ENETUNREACH$|08|57P0|25P03)/
const CUT_MESSAGE = /Connection terminated|connection error|not queryable|read timeout|timeout exceeded/i

function codeOf(error: unknown): string {
  const of = error instanceof AggregateError ? error.errors[0] : error
  return typeof of === 'object' && of !== null && 'code' in of ? String(of.code) : ''
}

/** Whether the connection, not the statement, has failed. */
export function isCut(error: unknown): boolean {
  return CUT.test(codeOf(error)) || CUT_MESSAGE.test(messageOf(error))
}

/** Whether the server took a transaction back because of others, so that doing all of it again is right. */
export function isTakenBack(error: unknown): boolean {
  return /^(40001|40P01)$/.test(codeOf(error)) || isOutdated(error)
}

/** Whether a table has changed since the statement was prepared, as it does when another process upgrades the database. */
export function isOutdated(error: unknown): boolean {
  return codeOf(error) === '0A000' && messageOf(error).includes('cached plan')
}

/** The `CONTROL_FAILED` error that says what happened to the control database at this address and what to do; errors of our own stay as they are. What the driver threw
 * is not kept as the cause, for it may hold the password. */
export function postgresFailure(error: unknown, url: string): AnomstackError {
  if (error instanceof AnomstackError) return error
  if (!URL.canParse(url))
    return new AnomstackError(
      'CONTROL_FAILED',
      'control database: ANOMSTACK_DATABASE_URL is not an address such as postgres://user:password@host:5432/database; special characters of the password are written as %40 and the like',
      { retryable: false },
    )
  const { host, pathname, password } = new URL(url)
  const code = codeOf(error)
  // Several addresses of one name fail as a list, with an empty message.
  const text = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error)
  const said = createRedactor([url, password, decoded(password)])(text)
  const cause = CAUSES.find((each) => each.code.test(code)) ?? (isCut(error) ? CAUSES.at(-1) : undefined)
  const problem = cause === undefined ? said : `${cause.remedy} (${said})`
  return new AnomstackError(
    'CONTROL_FAILED',
    `control database: PostgreSQL at ${host}${pathname}: ${problem}`,
    {
      retryable: cause?.retryable ?? !LASTING.test(code),
    },
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

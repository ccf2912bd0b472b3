import { AnomstackError, messageOf } from '../../core/errors.ts'

const MAX_LENGTH = 2_000

/** Codes of ClickHouse for a login that was refused. */
const LOGIN = new Set(['192', '193', '194', '516'])
const UNKNOWN_DATABASE = '81'
const TIMEOUT_EXCEEDED = '159'
const READONLY = '164'
/**
 * Codes of what may pass: a network or a replica in trouble (3, 209, 210, 225, 242, 279, 319, 999), too many queries, parts or connections at a time (202, 252, 203), no memory or
 * room left (241, 243), and a query that somebody stopped (394).
 */
const MAY_PASS = new Set('3 202 203 209 210 225 241 242 243 252 279 319 394 999'.split(' '))

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** Whether an answer of ClickHouse itself, not of the network. */
function isOfEngine(error: unknown): boolean {
  return /^\d+$/.test(codeOf(error))
}

/** Whether a connection that was there broke off, so that a new one may do. */
export function isDropped(error: unknown): boolean {
  return (
    !(error instanceof AnomstackError) &&
    (/^(ECONNRESET|EPIPE)$/.test(codeOf(error)) || /^(socket hang up|aborted)$/.test(messageOf(error)))
  )
}

interface Circumstances {
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** Never shown. */
  readonly secrets: readonly string[]
  /** The database of the connection. */
  readonly database: string
}

/** The contract's error for whatever the client threw, which is not kept as the cause, for it may hold the address. */
export function clickhouseError(
  error: unknown,
  { failure, secrets, database }: Circumstances,
): AnomstackError {
  if (error instanceof AnomstackError) return error
  const code = codeOf(error)
  const whole = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), problemOf(error))
  const problem = whole.length > MAX_LENGTH ? `${whole.slice(0, MAX_LENGTH)}…` : whole
  const unreachable = (hint: string, retryable: boolean): AnomstackError =>
    new AnomstackError('CONNECTION_FAILED', `cannot connect to ClickHouse: ${problem}; ${hint}`, {
      retryable,
    })
  if (error instanceof TypeError || error instanceof RangeError)
    return new AnomstackError(failure, `ClickHouse: ${problem}`)
  if (!isOfEngine(error)) return unreachable('check its address, port and whether it wants HTTPS', true)
  if (LOGIN.has(code)) return unreachable('check user and password', false)
  if (code === UNKNOWN_DATABASE && problem.includes(`Database ${database} does not exist`))
    return unreachable('create that database, or name another one', false)
  if (code === TIMEOUT_EXCEEDED) return new AnomstackError('TIMED_OUT', `ClickHouse: ${problem}`)
  const hint =
    code === READONLY && problem.includes('setting')
      ? '; the user may not choose settings: give it the profile setting readonly = 2'
      : ''
  return new AnomstackError(failure, `ClickHouse: ${problem}${hint}`, { retryable: MAY_PASS.has(code) })
}

/** Several addresses of one name fail as a list, with an empty message. */
function problemOf(error: unknown): string {
  const message = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error)
  const type =
    typeof error === 'object' && error !== null && 'type' in error ? ` (${String(error.type)})` : ''
  return `${message.trim().replace(/\.$/, '')}${type}`
}

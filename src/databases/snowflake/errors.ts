import { AnomstackError, messageOf } from '../../core/errors.ts'

function textOf(error: unknown, key: 'code' | 'sqlState'): string {
  const value =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[key] : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Whether the session has ended, so that the statement was not run and a new session may run it. */
export function isSessionGone(error: unknown): boolean {
  return /^(390104|390111|390112|390114|390195|407001|407002)$/.test(textOf(error, 'code'))
}

/** Whether the connection, not the statement, has failed: a login, the network, or the driver's own checks before either. */
export function isConnectionError(error: unknown): boolean {
  return /^(39\d{4}|250\d{3}|40[1-7]\d{3})$/.test(textOf(error, 'code'))
}

/** Whether what a statement names does not exist, or may not be seen. */
export function isMissing(error: unknown): boolean {
  return /^0*(2003|2043)$/.test(textOf(error, 'code'))
}

/** Takes every secret out of a text. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text)
}

const ADVICE: Readonly<Record<string, string>> = {
  '390100': '; check user and password',
  '390144':
    "; check that the public key is set for the user (ALTER USER … SET RSA_PUBLIC_KEY) and the account's name is right",
  '394400': '; check that the token is valid and allowed for this user and network',
  '000606': '; name a warehouse',
}

/** The contract's error for whatever the driver threw. The driver's error is not kept as the cause, for it may hold the connection's options. */
export function snowflakeError(
  error: unknown,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
  secrets: readonly string[],
): AnomstackError {
  if (error instanceof AnomstackError) return error
  const code = textOf(error, 'code')
  const problem = withoutSecrets(`Snowflake: ${messageOf(error)}${ADVICE[code] ?? ''}`, secrets)
  if (isConnectionError(error)) return new AnomstackError('CONNECTION_FAILED', problem)
  // A statement that ran longer than the account or the warehouse allows.
  if (code === '000630') return new AnomstackError('TIMED_OUT', problem)
  // Another transaction held the table for too long, or this one was the victim of a deadlock.
  const retryable = /^0006(25|28)$/.test(code) || textOf(error, 'sqlState') === '40001'
  return new AnomstackError(failure, problem, { retryable })
}

/** That no session could be had, and what to check. */
export function unreachable(error: unknown, secrets: readonly string[]): AnomstackError {
  if (error instanceof AnomstackError) return error
  const advice = ADVICE[textOf(error, 'code')] ?? '; check account, access_url, user and credentials'
  return new AnomstackError(
    'CONNECTION_FAILED',
    withoutSecrets(`cannot connect to Snowflake: ${messageOf(error)}${advice}`, secrets),
  )
}

import { AnomstackError, messageOf } from '../../core/errors.ts'

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** Whether the connection, not the statement, has failed. */
export function isConnectionError(error: unknown): boolean {
  return (
    /^(08|57P0|28|3D000|53300|EPIPE$|ECONN|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOSTUNREACH$|ENETUNREACH$)/.test(
      codeOf(error),
    ) ||
    /Connection terminated|connection error|not queryable|timeout expired|timeout exceeded/i.test(
      messageOf(error),
    )
  )
}

/** Whether the engine rolled back because of other transactions, so that trying again is right. */
export function isTransactionConflict(error: unknown): boolean {
  return codeOf(error) === '40001' || codeOf(error) === '40P01'
}

/** SQLSTATE of a failed unique index, and of a missing right. */
export const DUPLICATES = '23505'
export const NOT_ALLOWED = '42501'

export function hasState(error: unknown, state: string): boolean {
  return codeOf(error) === state
}

/** Takes every secret out of a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => (secret === '' ? result : result.replaceAll(secret, '***')), text)
}

function detailsOf(error: unknown, sql: string | undefined): string {
  if (typeof error !== 'object' || error === null) return ''
  const { detail, hint, position } = error as { detail?: string; hint?: string; position?: string }
  const line =
    sql === undefined || position === undefined
      ? ''
      : ` (line ${sql.slice(0, Number(position) - 1).split('\n').length})`
  return `${line}${detail === undefined ? '' : `; ${detail}`}${hint === undefined ? '' : `; ${hint}`}`
}

/** The contract's error for whatever the driver threw. The driver's error is not kept as the cause, for it may hold the connection's options. */
export function postgresError(
  error: unknown,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
  {
    label,
    secrets,
    sql,
  }: { readonly label: string; readonly secrets: readonly string[]; readonly sql?: string },
): AnomstackError {
  if (error instanceof AnomstackError) return error
  const problem = redact(`${label}: ${messageOf(error)}${detailsOf(error, sql)}`, secrets)
  if (isConnectionError(error)) return new AnomstackError('CONNECTION_FAILED', problem)
  if (hasState(error, '57014')) return new AnomstackError('TIMED_OUT', problem)
  // Classes 53 (resources, a full disk among them), 55 and 40 may pass.
  return new AnomstackError(failure, problem, { retryable: /^(53|55|40)/.test(codeOf(error)) })
}

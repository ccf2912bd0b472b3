import { AnomstackError, messageOf } from '../../core/errors.ts'

export type Failure = 'QUERY_FAILED' | 'WRITE_FAILED'

/** Takes every secret out of a text. */
function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((result, secret) => result.replaceAll(secret, '***'), text)
}

/** What an error of the API, of a job or of the network says of itself. */
interface Trouble {
  readonly message: string
  /** HTTP status as a number, or the code of a network error as text. */
  readonly code: string
  readonly reasons: readonly string[]
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function troubleOf(error: unknown): Trouble {
  const { code, errors, reason } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown
    errors?: unknown
    reason?: unknown
  }
  const each = Array.isArray(errors) ? (errors as readonly unknown[]) : []
  return {
    message:
      typeof error === 'object' && error !== null && 'message' in error
        ? textOf(error.message)
        : messageOf(error),
    code: textOf(code),
    reasons: [reason, ...each.map((one) => (one as { reason?: unknown } | null)?.reason)]
      .map(textOf)
      .filter((text) => text !== ''),
  }
}

/** Whether the API says that there is no such thing, or that there is one already. */
export function hasStatus(error: unknown, status: 404 | 409): boolean {
  return troubleOf(error).code === String(status)
}

const NETWORK =
  /^(ECONN|ENOTFOUND$|EAI_AGAIN$|ETIMEDOUT$|EHOSTUNREACH$|ENETUNREACH$|EPIPE$|ESOCKET|ERR_TLS|CERT_|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/
const LOGIN =
  /could not load the default credentials|unable to detect a project id|invalid_grant|invalid_client|DECODER|PEM|private key|does not contain a client_email|must contain|invalid (jwt|authentication)|metadata server|refresh (access )?token/i
const LOST = /ECONN|ENOTFOUND|EAI_AGAIN|socket hang up|network timeout/
const PASSING =
  /^(rateLimitExceeded|jobRateLimitExceeded|backendError|internalError|jobInternalError|tableUnavailable|resourcesExceeded)$/

/** Whether other writers, or a rate limit, made the engine refuse, so that trying again is right. */
export function isPassing(error: unknown): boolean {
  const { message, reasons } = troubleOf(error)
  return (
    reasons.some((reason) => /^(job)?rateLimitExceeded$/.test(reason)) ||
    /could not serialize access|aborted due to concurrent/i.test(message)
  )
}

/** The contract's error for whatever the client threw or a job ended with. The original is not kept as the cause, for it may hold tokens. */
export function bigqueryError(error: unknown, failure: Failure, secrets: readonly string[]): AnomstackError {
  if (error instanceof AnomstackError) return error
  const { message, code, reasons } = troubleOf(error)
  const shown = redact(`BigQuery: ${message === '' ? 'the request failed' : message}`, secrets)
  if (reasons.includes('timeout')) return new AnomstackError('TIMED_OUT', shown)
  // What the engine says of a statement has reasons of its own, and may quote anything.
  const unexplained = reasons.length === 0 || code.startsWith('ERR_')
  if (code === '401' || (unexplained && LOGIN.test(message)))
    return new AnomstackError(
      'CONNECTION_FAILED',
      `${shown}; check the credentials: options credentials or credentials_json, or Application Default Credentials (gcloud auth application-default login, or a service account of this machine)`,
      { retryable: false },
    )
  if (NETWORK.test(code) || (unexplained && LOST.test(message)))
    return new AnomstackError('CONNECTION_FAILED', `${shown}; is its address right and within reach?`)
  if (reasons.includes('bytesBilledLimitExceeded'))
    return new AnomstackError(failure, `${shown}; the option max_bytes_billed sets this limit`, {
      retryable: false,
    })
  const retryable =
    /^(429|5\d\d)$/.test(code) || reasons.some((reason) => PASSING.test(reason)) || isPassing(error)
  return new AnomstackError(failure, shown, { retryable })
}

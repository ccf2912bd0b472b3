import { AnomstackError, messageOf } from '../../core/errors.ts'

/** An error, what caused it, and so on. */
function* chainOf(error: unknown): Generator<Error & { code?: unknown; status?: unknown }> {
  for (let each = error; each instanceof Error; each = each.cause) yield each
}

/** Whether an answer is larger than the server sends. */
export function isTooLarge(error: unknown): boolean {
  for (const { code, message } of chainOf(error))
    if (code === 'RESPONSE_TOO_LARGE' || /response is too large/i.test(message)) return true
  return false
}

const NETWORK = /^(E[A-Z]+|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|DEPTH_ZERO_[A-Z_]+|SELF_SIGNED_[A-Z_]+)$/

/** The contract's error for whatever the client threw. Its own error is not kept as the cause, for it may hold the request. */
export function tursoError(
  error: unknown,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
  { server, redact }: { readonly server: string; readonly redact: (text: string) => string },
): AnomstackError {
  for (const each of chainOf(error)) {
    if (each instanceof AnomstackError) return each
    const status = typeof each.status === 'number' ? each.status : undefined
    if (status !== undefined)
      return new AnomstackError(
        'CONNECTION_FAILED',
        redact(
          `Turso: ${server} answered with HTTP ${status}${status === 404 ? ': there is no such database, check url' : ''}; ${each.message}`,
        ),
        { retryable: status >= 500 || status === 429 },
      )
    const network = typeof each.code === 'string' && NETWORK.test(each.code)
    if (network || each.message === 'fetch failed' || each.name === 'SyntaxError')
      return new AnomstackError(
        'CONNECTION_FAILED',
        redact(
          `cannot reach Turso at ${server}: ${[...chainOf(error)].map(messageOf).join(': ')}; check url`,
        ),
      )
  }
  const codes = [...chainOf(error)].map(({ code }) => (typeof code === 'string' ? code : ''))
  const broken = codes.some((code) => /^(HRANA_(PROTO|CLOSED)_ERROR|STREAM_EXPIRED)$/.test(code))
  const problem = redact(`Turso: ${messageOf(error)}`)
  if (broken) return new AnomstackError('CONNECTION_FAILED', problem)
  return new AnomstackError(failure, problem, {
    retryable: codes.some((code) => /^(SQLITE_(BUSY|LOCKED|FULL|IOERR)|TRANSACTION_)/.test(code)),
  })
}

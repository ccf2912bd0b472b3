import { AnomstackError, ERROR_KINDS, type ErrorCode, type ErrorPlace } from '../core/errors.ts'

/** A problem document of RFC 9457, with our stable `code` and the place that the error concerns. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly at?: ErrorPlace
}

/** Describes any error to a client. What is not an `AnomstackError` is unexpected: its own text is kept out, for it may hold anything. */
export function problemOf(error: unknown, redact: (text: string) => string): Problem {
  if (!(error instanceof AnomstackError))
    return {
      type: 'about:blank',
      title: 'The server failed unexpectedly.',
      status: 500,
      detail: 'Something went wrong that the server did not expect; its log says more.',
      code: 'JOB_FAILED',
    }
  const { code, status, at } = error
  const problem = {
    type: `urn:anomstack:error:${code}`,
    title: ERROR_KINDS[code].summary,
    status: status === 499 ? 409 : status,
    detail: redact(error.message),
    code,
  }
  return Object.keys(at).length === 0 ? problem : { ...problem, at }
}

/** The response that carries a problem document. */
export function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  })
}

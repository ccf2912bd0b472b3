import { AnomstackError, messageOf } from '../core/errors.ts'
import { scrub } from './scrub.ts'

export interface DeliveryErrorOptions {
  /** Whether another attempt makes sense. */
  readonly retryable: boolean
  readonly cause?: unknown
  /** Masked wherever they stand in the problem or in the cause. */
  readonly secrets?: readonly string[]
}

const LONGEST_PROBLEM = 500
const LONGEST_ANSWER = 200
/** What others answer must not reach terminals and logs as control characters. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu

function clean(text: string, secrets: readonly string[], length: number): string {
  const line = scrub(text, secrets).replace(CONTROLS, ' ').trim()
  return line.length > length ? `${line.slice(0, length)}…` : line
}

/** A `DELIVERY_FAILED` error naming the channel. Neither it nor its cause holds a secret: the cause is reduced to its masked message. */
export function deliveryError(
  channel: string,
  problem: string,
  options: DeliveryErrorOptions,
): AnomstackError {
  const secrets = options.secrets ?? []
  const cause =
    options.cause === undefined
      ? {}
      : { cause: new Error(clean(messageOf(options.cause), secrets, LONGEST_PROBLEM)) }
  return new AnomstackError(
    'DELIVERY_FAILED',
    `channel ${channel}: ${clean(problem, secrets, LONGEST_PROBLEM)}`,
    { retryable: options.retryable, ...cause },
  )
}

export interface Answer {
  /** What the other side said; its beginning is quoted. */
  readonly body?: string
  readonly retryAfter?: string | null
  readonly secrets?: readonly string[]
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'it does not accept the message',
  401: 'the credentials are not accepted',
  403: 'access is denied',
  404: 'the address does not exist',
  408: 'it waited too long for the request',
  410: 'the address has been given up',
  413: 'the message is too large',
  429: 'too many messages at once',
}

/** Whether an HTTP status may be another one at the next attempt: 408, 425, 429 and 5xx. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || (status >= 500 && status <= 599)
}

/** The error of an HTTP answer that is not a success: 408, 425, 429 and 5xx are worth another attempt, all else is final. */
export function deliveryErrorFromStatus(
  channel: string,
  status: number,
  answer: Answer = {},
): AnomstackError {
  const secrets = answer.secrets ?? []
  const meaning =
    status >= 300 && status < 400
      ? 'it redirects, which is not followed: set the address that it redirects to'
      : MEANINGS[status]
  const said = clean(answer.body ?? '', secrets, LONGEST_ANSWER)
  const wait = /^\d{1,6}$/.test(answer.retryAfter ?? '') ? `; it asks to wait for ${answer.retryAfter} s` : ''
  const problem = `answered ${status}${meaning === undefined ? '' : ` (${meaning})`}${wait}${said === '' ? '' : `: ${said}`}`
  return deliveryError(channel, problem, { retryable: isRetryableStatus(status), secrets })
}

import { AnomstackError, messageOf, throwIfAborted } from '../core/errors.ts'
import { deliveryError } from './delivery-error.ts'

export interface AttemptOptions {
  readonly channel: string
  /** Seconds. */
  readonly timeout: number
  readonly signal: AbortSignal
  readonly secrets: readonly string[]
}

/** The innermost cause: what Node says of a failed connection stands below a "fetch failed". */
function rootOf(error: unknown): unknown {
  let root = error
  for (let depth = 0; depth < 5 && root instanceof Error && root.cause instanceof Error; depth++)
    root = root.cause
  return root instanceof AggregateError && root.errors.length > 0 ? root.errors[0] : root
}

function isTimeout(signal: AbortSignal): boolean {
  return signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
}

/** Runs one attempt to deliver, which ends when `task` does, at the time limit, or when the caller aborts. Throws `CANCELED` when the caller
 * has aborted other than by its own time limit, and otherwise `DELIVERY_FAILED`, retryable unless the task said that it is not. */
export async function attempt<T>(
  options: AttemptOptions,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { channel, secrets, timeout } = options
  const canceled = options.signal
  const limit = AbortSignal.timeout(timeout * 1000)
  const signal = AbortSignal.any([canceled, limit])
  const late = () =>
    deliveryError(channel, `no answer in time (limit ${timeout} s)`, { retryable: true, secrets })
  if (canceled.aborted && !isTimeout(canceled)) throwIfAborted(canceled)
  if (canceled.aborted) throw late()
  try {
    return await task(signal)
  } catch (error) {
    if (canceled.aborted && !isTimeout(canceled)) throwIfAborted(canceled)
    if (error instanceof AnomstackError) throw error
    if (signal.aborted) throw late()
    throw deliveryError(channel, `could not be reached: ${messageOf(rootOf(error))}`, {
      retryable: true,
      cause: error,
      secrets,
    })
  }
}

import { AnomstackError, throwIfAborted } from '../core/errors.ts'
import type { QueryOptions } from './database.ts'

/** What work sees of the caller's patience. */
export interface Patience {
  /** Rejects, with `CANCELED` or `TIMED_OUT`, when the caller gives up while the work runs; never resolves. */
  readonly ended: Promise<never>
  /** Throws that error if it has come to that. */
  check(): void
}

/** How long a statement that is being stopped may take to end before it is left to itself. */
const GRACE_MS = 5_000
const LONGEST_TIMER = 2 ** 31 - 1

/** Runs work that must stop soon after `patience.ended` rejects; whatever it then throws is replaced by `CANCELED` or `TIMED_OUT`.
 * Work that succeeds nevertheless has succeeded. */
export async function interruptible<T>(
  { signal, timeoutMs }: QueryOptions,
  work: (patience: Patience) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal)
  let reason: AnomstackError | undefined
  const { promise: ended, reject } = rejectable()
  const giveUp = (error: AnomstackError): void => {
    reason ??= error
    reject(reason)
  }
  const onAbort = (): void =>
    giveUp(
      signal?.reason instanceof AnomstackError ? signal.reason : new AnomstackError('CANCELED', 'canceled'),
    )
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => giveUp(new AnomstackError('TIMED_OUT', `stopped after its time limit of ${timeoutMs} ms`)),
          Math.min(timeoutMs, LONGEST_TIMER),
        )
  const check = (): void => {
    if (reason !== undefined) throw reason
  }
  try {
    return await work({ ended, check })
  } catch (error) {
    throw reason ?? error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Whether the caller has given up. */
export function hasEnded(patience: Patience): boolean {
  try {
    patience.check()
    return false
  } catch {
    return true
  }
}

/** Does the work; when the caller gives up, `stop` has the engine end it, and where that takes longer than a grace it is left to itself. */
export async function stoppable<T>(patience: Patience, stop: () => void, work: () => Promise<T>): Promise<T> {
  patience.check()
  const cut = new Promise<never>((_, reject) => {
    patience.ended.catch((reason: Error) => {
      stop()
      setTimeout(() => reject(reason), GRACE_MS).unref()
    })
  })
  // Nobody is listening once the work is done.
  cut.catch(() => {})
  return Promise.race([work(), cut])
}

function rejectable(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, fail) => {
    reject = fail
  })
  // Nobody may be listening when it rejects.
  promise.catch(() => {})
  return { promise, reject }
}

import type { RunStore } from '../control/control.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Run } from '../runs/run.ts'

/** Tells those who wait for runs of their ends, wherever they are executed. */
export interface RunEnds {
  /** Resolves with a run once it has ended. Errors: `NOT_FOUND`, `CANCELED` when the signal aborts or `stop` comes first, `CONTROL_FAILED`. */
  of(id: string, signal?: AbortSignal): Promise<Run>
  /** Tells of a run that has ended here, as it is on record. */
  tell(run: Run): void
  /** Something became of the run: it is looked for. */
  lookFor(id: string): void
  stop(): void
}

interface Waiter {
  readonly signal: AbortSignal | undefined
  readonly resolve: (run: Run) => void
  readonly reject: (error: unknown) => void
}

/** However many wait, it looks for all of them together: when somebody begins to wait, and every `pollMs` of real time, for what ends elsewhere. */
export function createRunEnds({
  runs,
  pollMs,
}: {
  readonly runs: Pick<RunStore, 'ends'>
  readonly pollMs: number
}): RunEnds {
  const waiting = new Map<string, Set<Waiter>>()
  let wanted = new Set<string>()
  let looking = false
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function settle(id: string, how: (waiter: Waiter) => void, which?: (waiter: Waiter) => boolean): void {
    const waiters = waiting.get(id)
    if (waiters === undefined) return
    for (const waiter of waiters) {
      if (which?.(waiter) === false) continue
      waiters.delete(waiter)
      how(waiter)
    }
    if (waiters.size > 0) return
    waiting.delete(id)
    if (waiting.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function settleAll(ids: readonly string[], ends: ReadonlyMap<string, Run | undefined>): void {
    for (const id of ids) {
      const end = ends.get(id)
      if (end !== undefined) settle(id, ({ resolve }) => resolve(end))
      else if (!ends.has(id))
        settle(id, ({ reject }) => reject(new AnomstackError('NOT_FOUND', `there is no run "${id}"`)))
      else if (stopped) settle(id, ({ reject }) => reject(stopping()))
      else
        settle(
          id,
          ({ reject }) => reject(gaveUp(id)),
          ({ signal }) => signal?.aborted === true,
        )
    }
  }

  async function look(): Promise<void> {
    looking = true
    // Those who begin to wait in the same moment are looked for together.
    await Promise.resolve()
    while (wanted.size > 0) {
      const ids = [...wanted].filter((id) => waiting.has(id))
      wanted = new Set()
      if (ids.length === 0) continue
      try {
        settleAll(ids, await runs.ends(ids))
      } catch (error) {
        for (const id of ids) settle(id, ({ reject }) => reject(error))
      }
    }
    looking = false
  }

  function lookFor(ids: Iterable<string>): void {
    for (const id of ids) wanted.add(id)
    if (!looking) void look()
  }

  return {
    of(id, signal) {
      const onAbort = () => lookFor([id])
      signal?.addEventListener('abort', onAbort, { once: true })
      return new Promise<Run>((resolve, reject) => {
        const waiters = waiting.get(id) ?? new Set()
        waiting.set(id, waiters.add({ signal, resolve, reject }))
        timer ??= setInterval(() => lookFor(waiting.keys()), pollMs)
        lookFor([id])
      }).finally(() => signal?.removeEventListener('abort', onAbort))
    },
    tell: (run) => settle(run.id, ({ resolve }) => resolve(run)),
    lookFor(id) {
      if (waiting.has(id)) lookFor([id])
    },
    stop() {
      stopped = true
      for (const id of waiting.keys()) settle(id, ({ reject }) => reject(stopping()))
    },
  }
}

const stopping = () =>
  new AnomstackError('CANCELED', 'this process stops before the run has ended; the run stays in the queue')
const gaveUp = (id: string) =>
  new AnomstackError('CANCELED', `waiting for run "${id}" was canceled; the run was not`)

import type { RunStore } from '../control/control.ts'
import type { Run, RunRequest } from '../runs/run.ts'
import type { EnqueueOptions } from './orchestrator.ts'

export interface FanOutOptions {
  readonly runs: RunStore
  readonly enqueue: (request: RunRequest, options: EnqueueOptions) => Promise<{ readonly run: Run }>
  /** Executes a queued run here, unless somebody else has taken it (false); resolves when it has ended, or at once. */
  readonly executeHere: (id: string) => Promise<boolean>
  /** Resolves when something may have ended. */
  readonly pause: (signal: AbortSignal) => Promise<void>
  /** Whether this process stops: runs are left to others then, not canceled. */
  readonly isStopping: () => boolean
}

const MOST_CHILDREN = 10_000

/** Has parts of a run done by other runs: its children. Whoever waits for them lends a hand, so that a queue in which everybody waits still moves on. */
export async function fanOut(
  parent: Run,
  requests: readonly RunRequest[],
  { signal, ...options }: FanOutOptions & { readonly signal: AbortSignal },
): Promise<readonly Run[]> {
  const { runs, enqueue, executeHere, pause, isStopping } = options
  const earlier = await runs.list({ parent: parent.id, limit: MOST_CHILDREN })
  const children = await Promise.all(
    requests.map(async (request) => {
      const shard = request.shard ?? ''
      const kept = earlier.find(
        (run) =>
          run.job === request.job &&
          (run.shard ?? '') === shard &&
          run.status !== 'failed' &&
          run.status !== 'canceled',
      )
      if (kept !== undefined) return kept
      const idempotencyKey = `fan-out:${parent.id}:${parent.attempt}:${request.job}:${shard}`
      const { run } = await enqueue({ ...request, parent: parent.id, trigger: 'fan-out' }, { idempotencyKey })
      return run
    }),
  )
  const open = new Set(children.map(({ id }) => id))
  const ended = new Map<string, Run>()
  const executeOne = async (ids: readonly string[]): Promise<boolean> => {
    for (const id of ids) if (await executeHere(id)) return true
    return false
  }
  try {
    for (;;) {
      signal.throwIfAborted()
      const ends = await runs.ends([...open])
      for (const id of open) {
        const run = ends.get(id)
        if (run === undefined && ends.has(id)) continue
        open.delete(id)
        if (run !== undefined) ended.set(id, run)
      }
      if (open.size === 0) break
      const queued = await runs.list({ parent: parent.id, status: 'queued', limit: MOST_CHILDREN })
      const mine = queued.filter(({ id }) => open.has(id)).reverse()
      if (!(await executeOne(mine.map(({ id }) => id)))) await pause(signal)
    }
  } catch (error) {
    if (!isStopping()) for (const id of open) await runs.cancel(id, Date.now())
    throw error
  }
  return children.map((child) => ended.get(child.id) ?? child)
}

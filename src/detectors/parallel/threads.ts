import { Worker } from 'node:worker_threads'
import { workerThread } from '../../core/worker-thread.ts'
import type { ThreadData } from './parts-worker.ts'
import type { Hire } from './shared-work.ts'

/** A thread without work ends after so long. */
const IDLE_MS = 5_000

interface Thread {
  readonly worker: Worker
  /** Set once the thread takes no more work: the event of its end does not reach a caller that never waits for events. */
  readonly ended: Int32Array
}

/**
 * Threads that start when they are first wanted and end by themselves when nothing was wanted for a while. Until then they keep no process alive.
 */
export function createThreads(idleMs: number = IDLE_MS): { readonly hire: Hire; readonly count: number } {
  const threads = new Set<Thread>()

  const start = (): void => {
    const { url, execArgv } = workerThread(import.meta.url, 'parts-worker')
    const ended = new Int32Array(new SharedArrayBuffer(4))
    const workerData: ThreadData = { idleMs, ended }
    const worker = new Worker(url, { execArgv, workerData })
    const thread = { worker, ended }
    threads.add(thread)
    worker.unref()
    // Whoever waited for it has done its work since.
    worker.on('error', () => {})
    worker.once('exit', () => threads.delete(thread))
  }

  return {
    hire(count) {
      for (const thread of threads) if (Atomics.load(thread.ended, 0) === 1) threads.delete(thread)
      try {
        while (threads.size < count) start()
      } catch {
        // Where threads are not permitted, or there are too many, the caller does more itself.
      }
      return [...threads].slice(0, count).map(({ worker }) => worker)
    },
    get count() {
      return threads.size
    },
  }
}

/** Those that all detectors of this thread share. */
export const hireThreads: Hire = createThreads().hire

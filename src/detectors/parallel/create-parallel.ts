import type { Parallel } from './parallel.ts'
import { runInParts, type Sharing } from './run-in-parts.ts'
import { hireThreads } from './threads.ts'

export interface ParallelOptions extends Partial<Sharing> {
  readonly threads: number
  readonly leastItems?: number
}

const LEAST_ITEMS = 1024
/** About twice what it takes to start a thread and to copy what it needs. */
const LEAST_MS = 100

/** Threads to share work with; `helped` counts the parts that others have done. */
export function createParallel({
  threads,
  leastItems = LEAST_ITEMS,
  leastMs = LEAST_MS,
  hire = hireThreads,
}: ParallelOptions): Parallel & { readonly helped: number } {
  let helped = 0
  return {
    threads,
    takes: (items) => threads > 1 && items >= leastItems,
    run(task, input, items) {
      const done = runInParts({ task, input, items }, { threads, leastMs, hire })
      helped += done.helped
      return done.output
    },
    get helped() {
      return helped
    },
  }
}

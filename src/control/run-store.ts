import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { createExecutors } from './executors.ts'
import { createHeldRuns } from './held-runs.ts'
import { createNewestRuns } from './newest-runs.ts'
import type { RunNews } from './run-news.ts'
import { createRunQueue } from './run-queue.ts'
import { createRunRecords } from './run-records.ts'
import { createRunWatch } from './run-watch.ts'
import { createTickRuns } from './tick-runs.ts'

/** Runs, their steps and logs, and the processes that execute them. */
export function createRunStore(access: ControlAccess, news: RunNews): RunStore {
  return {
    ...news,
    ...createRunQueue(access),
    ...createHeldRuns(access),
    ...createRunRecords(access),
    ...createNewestRuns(access),
    ...createRunWatch(access),
    ...createExecutors(access),
    ...createTickRuns(access),
  }
}

import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { createExecutors } from './executors.ts'
import { createRunQueue } from './run-queue.ts'
import { createRunRecords } from './run-records.ts'

/** Runs, their steps and logs, and the processes that execute them. */
export function createRunStore(access: ControlAccess): RunStore {
  return { ...createRunQueue(access), ...createRunRecords(access), ...createExecutors(access) }
}

import { parentPort, workerData } from 'node:worker_threads'
import { performParts, type SharedWork } from './shared-work.ts'
import { PART_TASKS } from './tasks.ts'

export interface ThreadData {
  readonly idleMs: number
  readonly ended: Int32Array
}

// A thread that works on parts of what its parent shares. The parent waits without handling events: what it has to know is in shared memory.
const { idleMs, ended } = workerData as ThreadData
const port = parentPort!
const end = (): void => {
  Atomics.store(ended, 0, 1)
  port.close()
}
let idle = setTimeout(end, idleMs)
port.on('message', (work: SharedWork) => {
  clearTimeout(idle)
  const task = PART_TASKS.find(({ name }) => name === work.task)
  try {
    if (task !== undefined) performParts(work, task)
  } catch {
    // The caller meets the same error.
  }
  idle = setTimeout(end, idleMs)
})
process.once('exit', end)

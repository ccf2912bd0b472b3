import type { ExecutorInfo, RunStore } from '../control/control.ts'
import type { QueueName } from '../core/queues.ts'
import type { JobName, Run } from '../runs/run.ts'

/** What differs between engines: how queued runs come to be started. */
export interface Starter {
  /** Begins to start queued runs of these queues, up to `concurrency` at a time. */
  start(options: { readonly concurrency: number; readonly queues: readonly QueueName[] }): Promise<void>
  /** Something may be there to be started. */
  wake(): void
  /** Starts no more; resolves when nothing is being started. */
  close(): Promise<void>
  /** Resolves when everything is let go, once what was executing has ended. */
  ended(): Promise<void>
}

/** What a starter needs of the engine. */
export interface StarterTools {
  readonly executor: ExecutorInfo
  readonly jobs: () => readonly JobName[]
  readonly claim: RunStore['claim']
  /** Runs that are executing here, of one queue or of all. */
  readonly count: (queue?: QueueName) => number
  /** Executes a run that was claimed. */
  readonly execute: (run: Run) => Promise<boolean>
  /** Lets other processes know that there are runs to be started. */
  readonly announce: () => void
}

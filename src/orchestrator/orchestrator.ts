import type { ExecutorInfo } from '../control/control.ts'
import type { QueueName } from '../core/queues.ts'
import type { JobName, Run, RunRequest } from '../runs/run.ts'

/**
 * Drives runs: queues them, executes those of registered jobs in this process or lets another do it, and brings interrupted ones to their end.
 * A run executes at most once at a time, and no two runs of one job and batch overlap. A run whose process dies starts again, as a
 * whole, elsewhere or at the next start: handlers must be idempotent. Every call may fail with `CONTROL_FAILED`.
 */
export interface Orchestrator {
  /** Says how jobs are executed; before `start` or `runNow`. */
  register(handlers: ReadonlyMap<JobName, JobHandler>): void
  /** Adds a run to the queue. With an idempotency key that was used before it adds nothing and returns that earlier run (`created` false). */
  enqueue(
    request: RunRequest,
    options?: EnqueueOptions,
  ): Promise<{ readonly run: Run; readonly created: boolean }>
  /** Queues the runs of ticks of schedules, each tick once whoever else fires it; not while its schedule is paused. Returns the runs that were queued. */
  fire(ticks: readonly DueTick[]): Promise<readonly Run[]>
  /** Cancels a queued run at once, and asks a running one to stop, wherever it runs. False when it has ended already or does not exist. */
  cancel(id: string): Promise<boolean>
  /** Queues a new run like one that has ended; with `resume`, what that one had completed is not done again. With an idempotency key that was used before it
   * returns that earlier run. Errors: `NOT_FOUND`, `CONFLICT` while it has not ended. */
  retry(id: string, options?: RetryOptions): Promise<Run>
  /** Resolves with the run when it has ended, wherever it ran. Errors: `NOT_FOUND`, `CANCELED` when the signal aborts or this orchestrator stops first. */
  wait(id: string, options?: { readonly signal?: AbortSignal }): Promise<Run>
  /** Executes a run in this process, as soon as no other of its job and batch is running, and returns it when it has ended; it needs no `start`.
   * With an idempotency key that was used before it is that earlier run, which may have ended. When the signal aborts, the run is canceled. Errors: `INPUT_INVALID` for a job that is not registered,
   * `CANCELED` when this orchestrator stops first: the run stays in the queue. */
  runNow(
    request: RunRequest,
    options?: { readonly signal?: AbortSignal; readonly idempotencyKey?: string },
  ): Promise<Run>
  /** Starts to execute queued runs of these queues (all when not given), up to `concurrency` at a time, beginning with those that a dead process left behind;
   * once. Errors: `CONFLICT`. */
  start(options: { readonly concurrency: number; readonly queues?: readonly QueueName[] }): Promise<void>
  /** Takes no more runs, gives those under way `graceMs` of real time to end, then interrupts them and leaves them in the queue. */
  stop(options: { readonly graceMs: number }): Promise<void>
}

/** A tick of a schedule, and the run that it is there for. */
export interface DueTick {
  /** Id of the schedule. */
  readonly schedule: string
  readonly request: RunRequest & { readonly scheduledFor: number }
}

export interface RetryOptions {
  readonly resume?: boolean
  readonly idempotencyKey?: string
}

export interface EnqueueOptions {
  readonly idempotencyKey?: string
  /** Not to be started before so much of the clock's time has passed. */
  readonly delayMs?: number
}

/** Executes one run. It throws when the run failed; it ends soon after the signal aborts (canceled, timed out, or the process stops). */
export type JobHandler = (execution: Execution) => Promise<void>

export interface Execution {
  readonly run: Run
  readonly signal: AbortSignal
  readonly executor: ExecutorInfo
  /** Throws `CONFLICT` when this process may not be the one that executes the run any more, because it stood still for too long: nothing may be written then. */
  readonly assertHeld: () => void
  /** Queues runs as parts of this one, executes those here that nobody else takes, and resolves with them, in their order, when all have ended. */
  readonly fanOut: (requests: readonly RunRequest[]) => Promise<readonly Run[]>
}

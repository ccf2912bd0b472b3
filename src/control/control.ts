import type { Alert, Delivery, Finding } from '../alerts/alert.ts'
import type { LogRecord, Run, RunError, RunRequest, RunStatus, Step } from '../runs/run.ts'

/**
 * The control database: runs, steps, logs, alerts and deliveries. Every method is one transaction; many processes may use one control
 * database at once. Errors: `CONTROL_FAILED`; `NOT_FOUND` for a page that starts `before` an alert that does not exist.
 */
export interface Control {
  readonly runs: RunStore
  readonly alerts: AlertStore
  close(): Promise<void>
}

export interface RunStore {
  /** Adds a queued run. With an idempotency key that was used before it adds nothing and returns that earlier run (`created` false). */
  enqueue(
    request: RunRequest,
    options: { readonly now: number; readonly idempotencyKey?: string; readonly notBefore?: number },
  ): Promise<{ readonly run: Run; readonly created: boolean }>
  /** Takes the oldest queued run of these jobs whose (job, batch) is not running anywhere, and marks it running by `executor`; undefined when there is none. */
  claim(options: {
    readonly jobs: readonly string[]
    readonly executor: string
    readonly now: number
  }): Promise<Run | undefined>
  /** Takes one queued run by id, under the same rule. */
  claimById(
    id: string,
    options: { readonly executor: string; readonly now: number },
  ): Promise<Run | undefined>
  /** Ends a run that this executor still holds; false when it was taken over meanwhile. */
  finish(
    id: string,
    end: {
      readonly executor: string
      readonly status: 'succeeded' | 'failed' | 'canceled'
      readonly now: number
      readonly error?: RunError
    },
  ): Promise<boolean>
  /** Puts a run that this executor still holds back in the queue, because its process stops: the run is not at fault, so this does not count towards
   * `maxAttempts`. One that was asked to be canceled meanwhile is canceled. False when the run was taken over. */
  requeue(id: string, options: { readonly executor: string; readonly now: number }): Promise<boolean>
  /** Cancels a queued run at once, or asks the executor of a running one to cancel it. False when it has ended already. */
  cancel(id: string, now: number): Promise<boolean>
  /** Ids of this executor's running runs that someone asked to cancel. */
  cancelRequests(executor: string): Promise<readonly string[]>
  saveStep(step: Step): Promise<void>
  saveLogs(records: readonly LogRecord[]): Promise<void>
  get(id: string): Promise<Run | undefined>
  /** Newest first. */
  list(filter: {
    readonly batch?: string
    readonly job?: string
    readonly status?: RunStatus
    readonly before?: string
    readonly limit: number
  }): Promise<readonly Run[]>
  /** By attempt, then in the order they were started. */
  steps(runId: string): Promise<readonly Step[]>
  /** The newest `limit`, oldest first. */
  logs(runId: string, options: { readonly limit: number }): Promise<readonly LogRecord[]>
  /** The newest run of this job and batch that has the status. */
  latest(filter: {
    readonly job: string
    readonly batch: string
    readonly status: RunStatus
  }): Promise<Run | undefined>
  /** The latest tick that a schedule has fired for this job and batch, UTC epoch ms. */
  lastScheduled(filter: { readonly job: string; readonly batch: string }): Promise<number | undefined>
  /** Says that this executor lives; executors are processes. */
  heartbeat(executor: ExecutorInfo, now: number): Promise<void>
  /** Removes the executor's record when it stops in good order. */
  retire(executorId: string): Promise<void>
  /** Puts the running runs of executors for which `isDead` holds, or of which there is no record, back in the queue; fails those whose executor died
   * `maxAttempts` times, and forgets the dead executors. Returns how many runs were concerned. */
  recover(options: {
    readonly now: number
    readonly maxAttempts: number
    readonly isDead: (executor: ExecutorInfo & { readonly seenAt: number }) => boolean
  }): Promise<number>
  /** Deletes ended runs (with steps and logs) older than `before` and beyond the newest `keep`; the newest of each job, batch and status stays. Returns how many. */
  prune(options: { readonly before: number; readonly keep: number }): Promise<number>
}

export interface ExecutorInfo {
  readonly id: string
  readonly host: string
  readonly pid: number
}

export interface AlertStore {
  /** Records findings that are new by (batch, metric, kind, timestamp), each with one pending delivery per channel, in one transaction.
   * Returns only the new ones; raising again what is there is a no-op. */
  raise(
    findings: readonly Finding[],
    options: { readonly now: number; readonly channels: readonly string[]; readonly replayed?: boolean },
  ): Promise<readonly Alert[]>
  /** Alerts of a batch at or after `since` (by the point's timestamp), ascending. */
  ofBatch(filter: {
    readonly batch: string
    readonly since: number
    readonly kinds?: readonly Alert['kind'][]
  }): Promise<readonly Alert[]>
  markRevised(ids: readonly string[], now: number): Promise<void>
  /** Until when the scores of a batch have been looked at for anomalies; undefined when nobody has looked yet. */
  lastLook(batch: string): Promise<number | undefined>
  /** Notes that every score of the batch that was written before `at` has been looked at; an earlier time than the one on record changes nothing. */
  saveLook(batch: string, at: number): Promise<void>
  get(id: string): Promise<Alert | undefined>
  /** Newest first by point's timestamp, then id. */
  list(filter: {
    readonly batch?: string
    readonly metric?: string
    readonly kind?: Alert['kind']
    readonly before?: string
    readonly limit: number
  }): Promise<readonly Alert[]>
  /** Pending deliveries that are due, oldest first, leased to `executor` for `leaseMs`: nobody else gets them meanwhile. */
  takeDue(options: {
    readonly now: number
    readonly executor: string
    readonly leaseMs: number
    readonly limit: number
  }): Promise<readonly (Delivery & { readonly alert: Alert })[]>
  /** Earliest time at which a pending delivery is due, leases considered; undefined when none is pending. */
  nextDue(): Promise<number | undefined>
  /** Records what became of a delivery that was taken, and counts the attempt unless it was skipped. What is delivered stays so. */
  settle(deliveryId: string, outcome: DeliveryOutcome): Promise<void>
  deliveries(filter: {
    readonly alertId?: string
    readonly status?: Delivery['status']
    readonly limit: number
  }): Promise<readonly Delivery[]>
  /** Makes a dead or skipped delivery pending again, with its attempts counted anew; false when it is neither. */
  retryDelivery(id: string, now: number): Promise<boolean>
}

export type DeliveryOutcome =
  | { readonly status: 'delivered'; readonly now: number }
  | { readonly status: 'pending'; readonly dueAt: number; readonly problem: string }
  | { readonly status: 'dead' | 'skipped'; readonly problem: string }

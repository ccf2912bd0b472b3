import type { Alert, Delivery, Finding } from '../alerts/alert.ts'
import type { Json } from '../core/json.ts'
import type { QueueLimits, QueueName } from '../core/queues.ts'
import type { LogRecord, Run, RunError, RunRequest, RunStatus, Step } from '../runs/run.ts'

/**
 * The control database: runs, steps, logs, alerts and deliveries. Every method is one transaction; many processes may use one control
 * database at once. Errors: `CONTROL_FAILED`; `NOT_FOUND` for a page that starts `before` an alert that does not exist.
 */
export interface Control {
  readonly runs: RunStore
  readonly alerts: AlertStore
  readonly schedules: ScheduleStore
  readonly notes: NoteStore
  close(): Promise<void>
}

/** What people said of schedules, and what became of their ticks. A schedule's id is `job:batch`. */
export interface ScheduleStore {
  /** Ids of schedules that people paused or resumed, against what their files say. */
  states(): Promise<ReadonlyMap<string, 'paused' | 'running'>>
  /** `undefined` returns the schedule to what its file says. */
  setState(id: string, state: 'paused' | 'running' | undefined, now: number): Promise<void>
  /** Records what became of a tick; the first word on it stays. */
  recordTick(tick: Tick): Promise<void>
  /** Newest first. */
  ticks(filter: { readonly schedule?: string; readonly limit: number }): Promise<readonly Tick[]>
  /** Deletes ticks before this time but the newest of each schedule; returns how many. */
  pruneTicks(before: number): Promise<number>
}

export interface Tick {
  readonly schedule: string
  /** UTC epoch ms. */
  readonly at: number
  readonly outcome: 'fired' | 'skipped' | 'missed'
  readonly runId?: string
  readonly reason?: string
}

/** Small facts that parts of the program keep under a name, such as when a sensor fired last. */
export interface NoteStore {
  get(key: string): Promise<Json | undefined>
  /** Notes whose key starts with `prefix`, by key. */
  list(prefix: string): Promise<ReadonlyMap<string, Json>>
  set(key: string, value: Json, now: number): Promise<void>
  /** Sets it only while it is still `expected` (`undefined`: not there); false when somebody else was first. */
  replace(
    key: string,
    change: { readonly expected: Json | undefined; readonly value: Json; readonly now: number },
  ): Promise<boolean>
  remove(key: string): Promise<void>
}

/** How many more runs of a queue may start here and now. */
export interface QueueRoom extends Pick<QueueLimits, 'globalConcurrency' | 'rate'> {
  readonly queue: QueueName
  /** In this process. */
  readonly room: number
}

export interface RunStore {
  /** Adds a queued run. With an idempotency key that was used before it adds nothing and returns that earlier run (`created` false). */
  enqueue(
    request: RunRequest,
    options: {
      readonly now: number
      readonly idempotencyKey?: string
      readonly notBefore?: number
      /** What `resources` of `claim` counts by: the database connection that the run works on. */
      readonly resource?: string
    },
  ): Promise<{ readonly run: Run; readonly created: boolean }>
  /** Takes the next queued run of these jobs (by priority, then age) whose job, batch and shard is not running anywhere and whose queue and resource have
   * room, and marks it running by `executor`; undefined when there is none. */
  claim(options: {
    readonly jobs: readonly string[]
    readonly executor: string
    readonly now: number
    /** Only runs of these queues; of all, without limits, when not given. */
    readonly queues?: readonly QueueRoom[]
    /** How many runs at a time may work on a resource; one that is not named has no limit. */
    readonly resources?: ReadonlyMap<string, number>
  }): Promise<Run | undefined>
  /** Marks queued runs that nothing but their turn keeps from starting as handed to an engine that starts runs by itself, and returns them, by priority and
   * age. Of runs that must not overlap only one is on its way at a time. */
  dispatch(options: {
    readonly jobs: readonly string[]
    readonly now: number
    readonly limit: number
    readonly resources?: ReadonlyMap<string, number>
  }): Promise<readonly Run[]>
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
  /** Queues a run that this executor still holds once more, after a failure that may not last. False when it was taken over. */
  retryLater(
    id: string,
    options: {
      readonly executor: string
      readonly now: number
      readonly notBefore: number
      readonly error: RunError
    },
  ): Promise<boolean>
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
    readonly parent?: string
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
   * `maxAttempts` times, and forgets the dead executors. Returns the runs concerned, as they were. */
  recover(options: {
    readonly now: number
    readonly maxAttempts: number
    readonly isDead: (executor: ExecutorInfo & { readonly seenAt: number }) => boolean
  }): Promise<readonly Run[]>
  /** Executors on record, the newest first. */
  executors(): Promise<readonly (ExecutorInfo & { readonly seenAt: number })[]>
  /** Queued runs that were handed over and have not started, the oldest first: whoever handed them over may have died in between. */
  dispatched(limit: number): Promise<readonly Run[]>
  /** Whether the executor still holds the run. */
  isHeld(id: string, executor: string): Promise<boolean>
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
    options: {
      readonly now: number
      readonly channels: readonly string[]
      readonly replayed?: boolean
      /** Errors: `CONFLICT`, and nothing is recorded, when this executor does not hold this run (any more). */
      readonly by?: { readonly run: string; readonly executor: string }
    },
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
  /** Up to which timestamp the values of each metric have been judged for this kind of alert; undefined when nobody has judged the batch yet. */
  lastSeen(batch: string, kind: Alert['kind']): Promise<ReadonlyMap<string, number> | undefined>
  saveSeen(batch: string, kind: Alert['kind'], seen: ReadonlyMap<string, number>): Promise<void>
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

import type { Alert, Delivery, Finding } from '../alerts/alert.ts'
import type { NewNotice, Notice } from '../alerts/notice.ts'
import type { Json } from '../core/json.ts'
import type { LogLevel } from '../core/logger.ts'
import type { QueueLimits, QueueName } from '../core/queues.ts'
import type { LogRecord, Run, RunError, RunRequest, RunStatus, Step } from '../runs/run.ts'
import type { NoticeStore } from './notice-store.ts'
import type { ScheduleStore } from './schedule-records.ts'

export type { ScheduleStore, StateChange, Tick } from './schedule-records.ts'

/**
 * The control database: runs, steps, logs, alerts and deliveries. Every method is one transaction; many processes may use one control
 * database at once. Errors: `CONTROL_FAILED`; `NOT_FOUND` for a page that starts `before` an alert that does not exist.
 */
export interface Control {
  readonly runs: RunStore
  readonly alerts: AlertStore
  readonly schedules: ScheduleStore
  readonly notes: NoteStore
  readonly notices: NoticeStore
  close(): Promise<void>
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

/** A delivery that was taken, with what it takes to its channel. */
export type DueDelivery = Delivery & ({ readonly alert: Alert } | { readonly notice: Notice })

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
  /** Takes the next queued runs of these jobs (by priority, then age), up to `limit`, whose job, batch and shard is not running anywhere and whose queue and resource
   * have room, and marks them running by `executor`: those that it would take one at a time. */
  claim(options: {
    readonly jobs: readonly string[]
    readonly executor: string
    readonly now: number
    readonly limit: number
    /** Only runs of these queues; of all, without limits, when not given. */
    readonly queues?: readonly QueueRoom[]
    /** How many runs at a time may work on a resource; one that is not named has no limit. What was handed over counts among them already. */
    readonly resources?: ReadonlyMap<string, number>
  }): Promise<readonly Run[]>
  /** Marks queued runs that nothing but their turn keeps from starting as handed to an engine that starts runs by itself, and returns them, by priority and
   * age. Of runs that must not overlap only one is on its way at a time, and of each queue as many as there are places, those that were handed over before included. */
  dispatch(options: {
    readonly jobs: readonly string[]
    readonly now: number
    readonly places: ReadonlyMap<QueueName, number>
    readonly resources?: ReadonlyMap<string, number>
  }): Promise<readonly HandedOver[]>
  /** Takes one queued run by id, under the same rule. */
  claimById(
    id: string,
    options: { readonly executor: string; readonly now: number },
  ): Promise<Run | undefined>
  /** Ends a run that is still held; false when it was taken over meanwhile. */
  finish(
    id: string,
    end: Hold & {
      readonly status: 'succeeded' | 'failed' | 'canceled'
      readonly now: number
      readonly error?: RunError
    },
  ): Promise<boolean>
  /** Puts a run that is still held back in the queue, because its process stops: the run is not at fault, so this does not count towards
   * `maxAttempts`. One that was asked to be canceled meanwhile is canceled. False when the run was taken over. */
  requeue(id: string, options: Hold & { readonly now: number }): Promise<boolean>
  /** Does to one run that is still held what `recover` does to those of the dead: its executor showed no sign of life for too long to write anything. False when the
   * run was taken over. */
  lose(id: string, options: Hold & { readonly now: number; readonly maxAttempts: number }): Promise<boolean>
  /** Queues a run that is still held once more, after a failure that may not last. False when it was taken over. */
  retryLater(
    id: string,
    options: Hold & {
      readonly now: number
      readonly notBefore: number
      readonly error: RunError
    },
  ): Promise<boolean>
  /** Cancels a queued run at once, or asks the executor of a running one to cancel it. False when it has ended already. */
  cancel(id: string, now: number): Promise<boolean>
  /** Ids of this executor's running runs that someone asked to cancel. */
  cancelRequests(executor: string): Promise<readonly string[]>
  /** Keeps what is known of a step, with what was logged meanwhile. */
  saveStep(step: Step, logs?: readonly LogRecord[]): Promise<void>
  saveLogs(records: readonly LogRecord[]): Promise<void>
  get(id: string): Promise<Run | undefined>
  /** Of these runs those that are there: the run, if it has ended. */
  ends(ids: readonly string[]): Promise<ReadonlyMap<string, Run | undefined>>
  /** Newest first. */
  list(filter: {
    readonly batch?: string
    readonly job?: string
    readonly status?: RunStatus
    readonly parent?: string
    readonly queue?: QueueName
    /** Queued at or after this time, UTC epoch ms. */
    readonly from?: number
    /** Queued at or before this time. */
    readonly to?: number
    readonly before?: string
    readonly limit: number
  }): Promise<readonly Run[]>
  /** The newest run of each of these batches and jobs that has the status; parts of runs do not count. In no order. */
  newest(filter: {
    readonly batches: readonly string[]
    readonly jobs: readonly string[]
    readonly status: RunStatus
  }): Promise<readonly Run[]>
  /** By attempt, then in the order they were started. */
  steps(runId: string): Promise<readonly Step[]>
  /** The newest `limit`, oldest first. */
  logs(runId: string, options: { readonly limit: number }): Promise<readonly LogRecord[]>
  /** The newest `limit` of these levels (of all when not given) that were written before record `before`, newest first. */
  logPage(
    runId: string,
    options: { readonly limit: number; readonly levels?: readonly LogLevel[]; readonly before?: number },
  ): Promise<readonly (LogRecord & { readonly id: number })[]>
  /** The newest run of this job and batch that has the status. */
  latest(filter: {
    readonly job: string
    readonly batch: string
    readonly status: RunStatus
  }): Promise<Run | undefined>
  /** Queues the runs of ticks and records these as fired, in one transaction. Where there is a word on a tick already (but that it was missed), and while its
   * schedule is paused, nothing is queued. Returns the runs that were. */
  fireTicks(fires: readonly TickRun[], options: { readonly now: number }): Promise<readonly Run[]>
  /** What of these jobs and batches has not ended; where everything has, nothing is said. */
  unfinished(works: readonly Work[]): Promise<readonly UnfinishedWork[]>
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
  /** Lets other processes know that there are runs to be started, where the engine can. */
  announce(): Promise<void>
  /** Calls `heard` when a process has announced runs, or may have; resolves with what ends that. */
  listen(heard: () => void): Promise<() => Promise<void>>
  /** Queued runs that were handed over and have not started, the oldest first: whoever handed them over may have died in between. */
  dispatched(limit: number): Promise<readonly HandedOver[]>
  /** Takes back a queued run that was handed over: that hand-over came to nothing. */
  takeBack(id: string): Promise<void>
  /** Counts a new hand-over of a queued run that was handed over, which stays so meanwhile; undefined when it is no longer that. */
  handAgain(id: string): Promise<HandedOver | undefined>
  /** Failed runs that ended after this one, or this time, the oldest end first; parts of runs do not count. */
  failedSince(filter: {
    readonly after: { readonly at: number; readonly id: string }
    readonly limit: number
  }): Promise<readonly Run[]>
  /** Runs that have been in the queue since before this time although nothing of their job and batch is running, the oldest first. */
  waiting(filter: { readonly before: number; readonly limit: number }): Promise<readonly Run[]>
  /** Whether the executor still holds the run. */
  isHeld(id: string, executor: string): Promise<boolean>
  /** Deletes ended runs (with steps and logs) older than `before` and beyond the newest `keep`; the newest of each job, batch and status stays. Returns how many. */
  prune(options: { readonly before: number; readonly keep: number }): Promise<number>
}

/** Who holds a run, and since which of its starts: an executor may lose a run and claim it anew. */
export interface Hold {
  readonly executor: string
  readonly attempt: number
}

/** The run of a tick of a schedule. */
export interface TickRun {
  /** Id of the schedule. */
  readonly schedule: string
  readonly request: RunRequest & { readonly scheduledFor: number }
  readonly idempotencyKey: string
  /** As for `enqueue`; empty for none. */
  readonly resource: string
}

export type Work = Pick<RunRequest, 'job' | 'batch'>

export interface UnfinishedWork extends Work {
  /** How many runs that are not parts of others. */
  readonly whole: number
  /** Id of the newest run. */
  readonly newest: string
}

/** A run that was handed to an engine, and how often that has been done. */
export interface HandedOver {
  readonly run: Run
  readonly handover: number
}

export interface ExecutorInfo {
  readonly id: string
  readonly host: string
  readonly pid: number
}

/** That an alert is over. */
export interface Recovery {
  /** Id of the alert. */
  readonly id: string
  /** Since when, UTC epoch ms. */
  readonly at: number
  /** What to tell; nothing when absent. */
  readonly notice?: NewNotice
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
  /** Notes since when alerts are over, and puts up what is to be told of that, in one transaction. One that is over already is left alone. Returns how many were not. */
  markRecovered(
    recoveries: readonly Recovery[],
    options: { readonly now: number; readonly channels: readonly string[] },
  ): Promise<number>
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
  /** The newest alert of each of these batches, by point's timestamp, in no order. */
  newest(batches: readonly string[]): Promise<readonly Alert[]>
  /** How these channels fare with the alerts of these batches, and others that still have deliveries of theirs to make. */
  standings(channels: readonly BatchChannel[]): Promise<readonly ChannelStanding[]>
  /** Pending deliveries that are due, oldest first, leased to `executor` for `leaseMs`: nobody else gets them meanwhile. */
  takeDue(options: {
    readonly now: number
    readonly executor: string
    readonly leaseMs: number
    readonly limit: number
  }): Promise<readonly DueDelivery[]>
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
  /** Forgets deliveries that came through of alerts and notices raised before this time; the alerts stay. Returns how many. */
  pruneDeliveries(before: number): Promise<number>
}

export interface BatchChannel {
  readonly batch: string
  readonly channel: string
}

/** What became of a batch's alerts on one channel. Times are UTC epoch ms. */
export interface ChannelStanding extends BatchChannel {
  /** When the newest alert that went out did so. */
  readonly deliveredAt?: number
  readonly pending: number
  /** When the oldest of the alerts that wait was raised. */
  readonly pendingSince?: number
  readonly dead: number
  /** When the newest of the alerts that were given up was raised. */
  readonly deadSince?: number
}

export type DeliveryOutcome =
  | { readonly status: 'delivered'; readonly now: number }
  | { readonly status: 'pending'; readonly dueAt: number; readonly problem: string }
  | { readonly status: 'dead' | 'skipped'; readonly problem: string }

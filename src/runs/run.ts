import type { ErrorCode } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { LogLevel } from '../core/logger.ts'
import type { QueueName } from '../core/queues.ts'

export const JOB_NAMES = [
  'ingest',
  'train',
  'score',
  'alert',
  'change',
  'delete',
  'pipeline',
  'backfill',
  'summary',
  'retention',
  'deliver',
] as const
export type JobName = (typeof JOB_NAMES)[number]

/** Jobs that are not of one batch. */
export const PROJECT_JOBS = ['summary', 'retention'] as const satisfies readonly JobName[]

export const isProjectJob = (job: JobName): boolean => PROJECT_JOBS.some((name) => name === job)

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled'
/** Who asked for a run; `fan-out` is a run that left a part of its work to this one. */
export type RunTrigger = 'schedule' | 'manual' | 'api' | 'retry' | 'sensor' | 'fan-out'

/** What is asked of an orchestrator. */
export interface RunRequest {
  readonly job: JobName
  /** Absent for jobs that are not of one batch. */
  readonly batch?: string
  readonly trigger: RunTrigger
  readonly params?: { readonly [key: string]: Json }
  /** The tick that a schedule fires for, UTC epoch ms. */
  readonly scheduledFor?: number
  /** Lower goes first; 0 when not given. */
  readonly priority?: number
  /** Names a part of the work of a job and batch; parts may run side by side. */
  readonly shard?: string
  /** Id of the run, or of the group of runs, that this one belongs to. */
  readonly parent?: string
  /** Steps of this earlier run that succeeded are not done again. */
  readonly resumes?: string
}

export interface RunError {
  readonly code: ErrorCode
  readonly message: string
  readonly stack?: string
}

/** One execution of a job for a batch. Times are UTC epoch ms. */
export interface Run extends RunRequest {
  readonly id: string
  readonly status: RunStatus
  readonly queue: QueueName
  /** 1 at the first start; one more each time it was started again. */
  readonly attempt: number
  /** How often it failed and was queued again. */
  readonly failures?: number
  /** Not to be started before this time. */
  readonly notBefore?: number
  readonly queuedAt: number
  readonly startedAt?: number
  readonly endedAt?: number
  /** The process that executes it, or that was the last to do so. */
  readonly executor?: string
  /** Why it ended so, or why its last attempt failed. */
  readonly error?: RunError
}

/** A named, recorded part of a run. */
export interface Step {
  readonly runId: string
  readonly index: number
  readonly name: string
  readonly attempt: number
  readonly status: 'running' | 'succeeded' | 'failed'
  readonly startedAt: number
  readonly endedAt?: number
  /** Small: counts and names, never data. */
  readonly result?: Json
  readonly error?: RunError
}

export interface LogRecord {
  readonly runId: string
  readonly at: number
  readonly level: LogLevel
  readonly message: string
  readonly fields: { readonly [key: string]: Json }
}

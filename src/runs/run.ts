import type { ErrorCode } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { LogLevel } from '../core/logger.ts'

export const JOB_NAMES = [
  'ingest',
  'train',
  'score',
  'alert',
  'change',
  'delete',
  'pipeline',
  'backfill',
  'deliver',
] as const
export type JobName = (typeof JOB_NAMES)[number]

export type RunStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'canceled'
export type RunTrigger = 'schedule' | 'manual' | 'api'

/** What is asked of an orchestrator. */
export interface RunRequest {
  readonly job: JobName
  /** Absent for jobs that are not of one batch. */
  readonly batch?: string
  readonly trigger: RunTrigger
  readonly params?: { readonly [key: string]: Json }
  /** The tick that a schedule fires for, UTC epoch ms. */
  readonly scheduledFor?: number
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
  /** 1 at the first start; one more each time it was started again. */
  readonly attempt: number
  readonly queuedAt: number
  readonly startedAt?: number
  readonly endedAt?: number
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

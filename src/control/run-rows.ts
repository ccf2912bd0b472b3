import type { Json } from '../core/json.ts'
import { queueOf } from '../runs/queue-of.ts'
import type { LogRecord, Run, RunError, RunRequest, Step } from '../runs/run.ts'
import type { LogRow, NewRunRow, RunRow, StepRow } from './schema.ts'

/** JSON as the control database keeps it; null for nothing. */
export function jsonText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

/** The row of a run that is not started yet. */
export function newRunRow(id: string, request: RunRequest, now: number): NewRunRow {
  return {
    id,
    job: request.job,
    batch: request.batch ?? '',
    trigger: request.trigger,
    params: jsonText(request.params),
    scheduled_for: request.scheduledFor ?? null,
    idempotency_key: null,
    status: 'queued',
    attempt: 0,
    losses: 0,
    queued_at: now,
    not_before: null,
    started_at: null,
    ended_at: null,
    error: null,
    executor: null,
    cancel_requested: 0,
    queue: queueOf(request.job),
    priority: request.priority ?? 0,
    resource: '',
    shard: request.shard ?? '',
    parent: request.parent ?? null,
    resumes: request.resumes ?? null,
    failures: 0,
    dispatched: 0,
    handovers: 0,
  }
}

export function runOf(row: RunRow): Run {
  return {
    id: row.id,
    job: row.job as Run['job'],
    ...(row.batch === '' ? {} : { batch: row.batch }),
    trigger: row.trigger as Run['trigger'],
    ...(row.params === null ? {} : { params: JSON.parse(row.params) as { readonly [key: string]: Json } }),
    ...(row.scheduled_for === null ? {} : { scheduledFor: row.scheduled_for }),
    ...(row.priority === 0 ? {} : { priority: row.priority }),
    ...(row.shard === '' ? {} : { shard: row.shard }),
    ...(row.parent === null ? {} : { parent: row.parent }),
    ...(row.resumes === null ? {} : { resumes: row.resumes }),
    queue: row.queue as Run['queue'],
    status: row.status as Run['status'],
    attempt: row.attempt,
    ...(row.failures === 0 ? {} : { failures: row.failures }),
    ...(row.not_before === null || row.status !== 'queued' ? {} : { notBefore: row.not_before }),
    queuedAt: row.queued_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.executor === null ? {} : { executor: row.executor }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as RunError }),
  }
}

export function stepRow(step: Step): StepRow {
  return {
    run_id: step.runId,
    attempt: step.attempt,
    position: step.index,
    name: step.name,
    status: step.status,
    started_at: step.startedAt,
    ended_at: step.endedAt ?? null,
    result: jsonText(step.result),
    error: jsonText(step.error),
  }
}

export function stepOf(row: StepRow): Step {
  return {
    runId: row.run_id,
    index: row.position,
    name: row.name,
    attempt: row.attempt,
    status: row.status as Step['status'],
    startedAt: row.started_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as Json }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as RunError }),
  }
}

export function logOf(row: LogRow): LogRecord {
  return {
    runId: row.run_id,
    at: row.at,
    level: row.level as LogRecord['level'],
    message: row.message,
    fields: row.fields === null ? {} : (JSON.parse(row.fields) as LogRecord['fields']),
  }
}

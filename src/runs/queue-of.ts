import type { QueueName } from '../core/queues.ts'
import type { JobName } from './run.ts'

const QUEUE_OF: Readonly<Record<JobName, QueueName>> = {
  pipeline: 'ingest',
  ingest: 'ingest',
  train: 'train',
  backfill: 'train',
  score: 'score',
  alert: 'alert',
  change: 'alert',
  deliver: 'deliver',
  delete: 'housekeeping',
  summary: 'housekeeping',
  retention: 'housekeeping',
}

export function queueOf(job: JobName): QueueName {
  return QUEUE_OF[job]
}

import type { ScheduledJob } from '../../src/orchestrator/schedules.ts'

/** A schedule that runs, of ingest of the batch `sales` where nothing else is said. */
export function schedule(cron: string, more: Partial<ScheduledJob> = {}): ScheduledJob {
  const { job = 'ingest', batch = 'sales' } = more
  return {
    id: `${job}:${batch}`,
    job,
    batch,
    cron,
    timeZone: 'UTC',
    enabled: true,
    jitterMs: 0,
    catchUp: 'latest',
    catchUpMax: 10,
    overlap: 'skip',
    ...more,
  }
}

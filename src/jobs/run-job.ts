import type { Clock } from '../core/clock.ts'
import { AnomstackError, locate } from '../core/errors.ts'
import { createRunRecorder } from '../runs/recorder.ts'
import type { JobName, Run } from '../runs/run.ts'
import { jobs } from './index.ts'
import type { JobContext } from './job.ts'
import type { JobServices } from './services.ts'

/** A handler for every job: gives the run its context, records its steps and logs, and throws what the job throws. */
export function jobHandlers(
  services: JobServices,
): ReadonlyMap<JobName, (execution: { readonly run: Run; readonly signal: AbortSignal }) => Promise<void>> {
  return new Map(
    [...jobs.keys()].map((name) => [name, (execution) => runJob(services, execution.run, execution.signal)]),
  )
}

async function runJob(services: JobServices, run: Run, signal: AbortSignal): Promise<void> {
  const job = jobs.get(run.job)
  const batch = run.batch === undefined ? undefined : services.project().batches.get(run.batch)
  if (job === undefined || batch === undefined)
    throw new AnomstackError(
      'NOT_FOUND',
      `batch "${run.batch ?? ''}" is not in the project (any more), or its file has errors`,
    )
  const recorder = createRunRecorder({
    runs: services.control.runs,
    run,
    clock: services.clock,
    logger: services.logger,
    redact: services.redact,
  })
  const database = services.database(batch)
  const context: JobContext = {
    batch,
    run,
    clock: clockOf(run, services.clock),
    signal,
    logger: recorder.logger,
    database,
    table: database.metricsTable(batch.settings.table_key),
    models: services.models(batch),
    pool: services.pool,
    alerts: {
      ...services.control.alerts,
      async raise(findings, options) {
        const raised = await services.control.alerts.raise(findings, options)
        if (raised.length > 0) services.alertsRaised()
        return raised
      },
    },
    functions: services.functions,
    templates: services.templates,
    projectDir: services.project().dir,
    metricsDir: services.project().metricsDir,
    channels: services.channels,
    step: (name, work, note) => recorder.step(name, () => work(), note),
  }
  try {
    await job.run(context)
  } catch (error) {
    throw locate(error, { batch: batch.name }, 'JOB_FAILED')
  } finally {
    await recorder.close()
  }
}

/** `run --at` pretends that it is another time. */
function clockOf(run: Run, clock: Clock): Clock {
  const at = run.params?.at
  return typeof at === 'number' ? { now: () => at, sleep: clock.sleep } : clock
}

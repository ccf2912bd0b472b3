import type { Clock } from '../core/clock.ts'
import { AnomstackError, locate } from '../core/errors.ts'
import type { MetricsTable } from '../databases/database.ts'
import type { ModelStore } from '../models/model-store.ts'
import { createRunRecorder } from '../runs/recorder.ts'
import type { JobName, Run, RunRequest } from '../runs/run.ts'
import { jobs } from './index.ts'
import type { JobContext } from './job.ts'
import type { JobServices } from './services.ts'

/** What executes a run provides beside the run; see the orchestrator's contract. */
interface RunExecution {
  readonly run: Run
  readonly signal: AbortSignal
  readonly executor: { readonly id: string }
  readonly assertHeld: () => void
  readonly fanOut: (requests: readonly RunRequest[]) => Promise<readonly Run[]>
}

/** A handler for every job: gives the run its context, records its steps and logs, and throws what the job throws. */
export function jobHandlers(
  services: JobServices,
): ReadonlyMap<JobName, (execution: RunExecution) => Promise<void>> {
  return new Map([...jobs.keys()].map((name) => [name, (execution) => runJob(services, execution)]))
}

async function runJob(services: JobServices, execution: RunExecution): Promise<void> {
  const { run, signal, executor, assertHeld } = execution
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
    table: fencedTable(database.metricsTable(batch.settings.table_key), assertHeld),
    models: fencedModels(services.models(batch), assertHeld),
    pool: services.pool,
    alerts: {
      ...services.control.alerts,
      async raise(findings, options) {
        const by = { run: run.id, executor: executor.id }
        const raised = await services.control.alerts.raise(findings, { ...options, by })
        if (raised.length > 0) services.alertsRaised()
        return raised
      },
    },
    functions: services.functions,
    templates: services.templates,
    projectDir: services.project().dir,
    metricsDir: services.project().metricsDir,
    channels: services.channels,
    fanOut: execution.fanOut,
    completed: await completedSteps(services.control.runs, run),
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

/** Of a run that this one resumes, whose own earlier runs count as well. */
async function completedSteps(runs: JobServices['control']['runs'], run: Run): Promise<ReadonlySet<string>> {
  const completed = new Set<string>()
  for (let earlier = run.resumes; earlier !== undefined; earlier = (await runs.get(earlier))?.resumes)
    for (const { name, status } of await runs.steps(earlier)) if (status === 'succeeded') completed.add(name)
  return completed
}

/** Writes nothing once the run may have been taken over by another process. */
function fencedTable(table: MetricsTable, assertHeld: () => void): MetricsTable {
  const fenced =
    <Arguments extends readonly unknown[], Result>(write: (...values: Arguments) => Promise<Result>) =>
    async (...values: Arguments): Promise<Result> => {
      assertHeld()
      return write(...values)
    }
  return {
    ...table,
    upsert: fenced((rows, options) => table.upsert(rows, options)),
    deleteBefore: fenced((query, options) => table.deleteBefore(query, options)),
    deleteRows: fenced((keys, options) => table.deleteRows(keys, options)),
  }
}

function fencedModels(models: ModelStore, assertHeld: () => void): ModelStore {
  return {
    ...models,
    async publish(batch, trained) {
      assertHeld()
      return models.publish(batch, trained)
    },
  }
}

import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { AnomstackError, type ErrorPlace, locate } from '../core/errors.ts'
import type { MetricsTable } from '../databases/database.ts'
import type { ModelStore } from '../models/model-store.ts'
import { createRunRecorder, type RunRecorder } from '../runs/recorder.ts'
import type { JobName, Run, RunRequest } from '../runs/run.ts'
import { jobs, projectJobs } from './index.ts'
import type { Job, JobContext, ProjectJob, ProjectJobContext } from './job.ts'
import type { JobServices } from './services.ts'

/** More runs of one job and batch are never under way. */
const MOST_AT_A_TIME = 1_000

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
  return new Map([
    ...[...jobs.values()].map(
      (job) => [job.name, handlerOf(services, (run) => batchWork(services, job, run))] as const,
    ),
    ...[...projectJobs.values()].map(
      (job) => [job.name, handlerOf(services, (run) => projectWork(services, job, run))] as const,
    ),
  ])
}

/** A run under way, with its records. */
interface RecordedExecution extends RunExecution {
  readonly recorder: RunRecorder
}

interface Work {
  /** Where errors belong. */
  readonly at: ErrorPlace
  run(): Promise<void>
}

function handlerOf(
  services: JobServices,
  prepare: (execution: RecordedExecution) => Promise<Work>,
): (execution: RunExecution) => Promise<void> {
  return async (execution) => {
    const recorder = createRunRecorder({
      runs: services.control.runs,
      run: execution.run,
      clock: services.clock,
      logger: services.logger,
      redact: services.redact,
    })
    try {
      const work = await prepare({ ...execution, recorder })
      await work.run().catch((error: unknown) => {
        throw locate(error, work.at, 'JOB_FAILED')
      })
    } finally {
      await recorder.close()
    }
  }
}

async function projectWork(
  services: JobServices,
  job: ProjectJob,
  { run, signal, recorder }: RecordedExecution,
): Promise<Work> {
  const context: ProjectJobContext = {
    run,
    clock: clockOf(run, services.clock),
    signal,
    logger: recorder.logger,
    project: services.project(),
    control: services.control,
    database: (batch) => services.database(batch),
    models: (modelPath) => services.modelsAt(modelPath),
    templates: services.templates,
    channels: services.channels,
    redact: services.redact,
    deliver: services.alertsRaised,
    step: (name, work, note) => recorder.step(name, () => work(), note),
  }
  return { at: {}, run: () => job.run(context) }
}

async function batchWork(
  services: JobServices,
  job: Job,
  { run, signal, executor, assertHeld, fanOut, recorder }: RecordedExecution,
): Promise<Work> {
  const { control } = services
  const batch = run.batch === undefined ? undefined : services.project().batches.get(run.batch)
  if (batch === undefined)
    throw new AnomstackError(
      'NOT_FOUND',
      `batch "${run.batch ?? ''}" is not in the project (any more), or its file has errors`,
    )
  const database = services.database(batch)
  const context: JobContext = {
    batch,
    run,
    clock: clockOf(run, services.clock),
    signal,
    logger: recorder.logger,
    database,
    source: services.source(batch),
    translate: (sql, from) => services.translate(batch, sql, from),
    anonymizeKey: services.project().server.anonymizeKey,
    table: fencedTable(database.metricsTable(batch.settings.table_key), assertHeld),
    models: fencedModels(services.models(batch), assertHeld),
    pool: services.pool,
    alerts: {
      ...control.alerts,
      async raise(findings, options) {
        const by = { run: run.id, executor: executor.id }
        const raised = await control.alerts.raise(findings, { ...options, by })
        if (raised.length > 0) services.alertsRaised()
        return raised
      },
      async markRecovered(recoveries, options) {
        const marked = await control.alerts.markRecovered(recoveries, options)
        if (marked > 0) services.alertsRaised()
        return marked
      },
    },
    functions: services.functions,
    templates: services.templates,
    projectDir: services.project().dir,
    metricsDir: services.project().metricsDir,
    channels: services.channels,
    fanOut,
    isFannedOut: (name) => isFannedOut(control.runs, name, batch.name),
    completed: await completedSteps(control.runs, run),
    step: (name, work, note) => recorder.step(name, () => work(), note),
  }
  return { at: { batch: batch.name }, run: () => job.run(context) }
}

/** `run --at` pretends that it is another time. */
function clockOf(run: Run, clock: Clock): Clock {
  const at = run.params?.at
  return typeof at === 'number' ? { now: () => at, sleep: clock.sleep } : clock
}

/** Those of the last attempt of the run that this one resumes. What that one had taken over from a run before it stands among its own steps. */
async function completedSteps(runs: Control['runs'], run: Run): Promise<ReadonlySet<string>> {
  const resumed = run.resumes === undefined ? undefined : await runs.get(run.resumes)
  if (resumed === undefined) return new Set()
  const steps = await runs.steps(resumed.id)
  return new Set(
    steps.flatMap(({ name, status, attempt }) =>
      status === 'succeeded' && attempt === resumed.attempt ? [name] : [],
    ),
  )
}

async function isFannedOut(runs: Control['runs'], job: JobName, batch: string): Promise<boolean> {
  const running = await runs.list({ job, batch, status: 'running', limit: MOST_AT_A_TIME })
  return running.some(({ shard }) => shard !== undefined)
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
    async writePart(batch, part, trained) {
      assertHeld()
      return models.writePart(batch, part, trained)
    },
    async publishParts(batch, parts) {
      assertHeld()
      return models.publishParts(batch, parts)
    },
    async confirm(batch, at) {
      assertHeld()
      return models.confirm(batch, at)
    },
    async keepLearned(batch, version, learned) {
      assertHeld()
      return models.keepLearned(batch, version, learned)
    },
  }
}

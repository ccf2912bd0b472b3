import { catalogs } from '../catalogs.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { Batch, Fault, Project } from '../config/project.ts'
import { longestCronPeriod } from '../core/cron-period.ts'
import { jobs, projectJobs } from '../jobs/index.ts'
import { batchSchedules, projectSchedules, type ScheduledJob } from '../orchestrator/schedules.ts'
import type { JobName } from '../runs/run.ts'
import type { ExitCode } from './exit.ts'
import { paintFor, printable } from './paint.ts'
import { showFaults } from './show-faults.ts'

/** What `anomstack batches --json` prints; docs/guide/dagster.md describes it. Fields may be added, none changes its meaning while `version` is the same. */
export interface BatchList {
  readonly version: 1
  /** Absolute folder. */
  readonly project: string
  readonly batches: readonly ListedBatch[]
  /** Those that are not of one batch. */
  readonly jobs: readonly ListedJob[]
  readonly schedules: readonly ListedSchedule[]
  readonly faults: readonly Fault[]
}

export interface ListedBatch {
  readonly name: string
  /** Relative to the project's folder. */
  readonly file: string
  readonly database: { readonly connection: string; readonly kind: string }
  /** The metrics table. */
  readonly table: string
  /** metric -> tag -> value. */
  readonly tags: BatchSettings['metric_tags']
  /** A job that has not succeeded for so many periods of its schedule is late. */
  readonly overdueAfterPeriods: number
  readonly jobs: readonly ListedJob[]
  readonly schedules: readonly ListedSchedule[]
}

export interface ListedJob {
  readonly job: JobName
  readonly summary: string
  /** False for one that the batch switches off. */
  readonly enabled: boolean
  /** What a run adds to; absent where that is nothing, or what other jobs make. */
  readonly makes?: 'values' | 'models' | 'scores' | 'alerts'
  /** The jobs that make what it reads. */
  readonly after: readonly JobName[]
}

export interface ListedSchedule {
  readonly job: JobName
  /** Five fields, or six with seconds first. */
  readonly cron: string
  readonly timeZone: string
  /** What the project's files say. */
  readonly running: boolean
  readonly overlap: BatchSettings['overlap']
  /** The longest that it usually is without a tick; null when it hardly ever ticks. */
  readonly periodSeconds: number | null
}

const LINEAGE: Partial<Record<JobName, Pick<ListedJob, 'makes' | 'after'>>> = {
  ingest: { makes: 'values', after: [] },
  train: { makes: 'models', after: ['ingest'] },
  score: { makes: 'scores', after: ['ingest', 'train'] },
  alert: { makes: 'alerts', after: ['score'] },
  change: { makes: 'alerts', after: ['ingest'] },
}
/** Lists the batches with their jobs and schedules; nothing is opened or run. Faults of files are part of the answer, and fail nothing. */
export async function batches(options: {
  readonly project: string
  readonly json?: boolean
}): Promise<ExitCode> {
  const project = await loadProject(options.project, catalogs, processEnvironment())
  const list = listBatches(project)
  if (options.json === true) process.stdout.write(`${JSON.stringify(list, null, 2)}\n`)
  else {
    showFaults(project.faults, process.stderr)
    process.stdout.write(
      list.batches.length === 0
        ? `There is no batch in ${project.metricsDir}; \`anomstack init\` writes a starter project.\n`
        : describe(list),
    )
  }
  return 0
}

function listBatches(project: Project): BatchList {
  const listed = [...project.batches.values()]
  return {
    version: 1,
    project: project.dir,
    batches: listed.map((batch) => ({
      name: batch.name,
      file: batch.file,
      database: {
        connection: batch.settings.db,
        kind: project.connections.get(batch.settings.db)?.kind ?? batch.settings.db,
      },
      table: batch.settings.table_key,
      tags: batch.settings.metric_tags,
      overdueAfterPeriods: batch.settings.overdue_after_n,
      jobs: jobsOf(batch),
      schedules: batchSchedules(batch).map(listedSchedule),
    })),
    jobs: [...projectJobs.values()].map(({ name, summary }) => ({
      job: name,
      summary,
      enabled: true,
      after: [],
    })),
    schedules: projectSchedules(project)
      .filter(({ batch }) => batch === undefined)
      .map(listedSchedule),
    faults: project.faults,
  }
}

function jobsOf({ settings }: Batch): readonly ListedJob[] {
  const disabled = new Set(
    Object.entries(settings).flatMap(([key, value]) =>
      key.startsWith('disable_') && value === true ? [key.slice('disable_'.length)] : [],
    ),
  )
  return (
    [...jobs.values()]
      // It has a command of its own.
      .filter(({ name }) => name !== 'backfill')
      .map(({ name, summary }) => ({
        job: name,
        summary,
        enabled: !disabled.has(name),
        ...(LINEAGE[name] ?? { after: [] }),
      }))
  )
}

function listedSchedule(schedule: ScheduledJob): ListedSchedule {
  const { job, cron, timeZone, enabled, overlap } = schedule
  const period = longestCronPeriod(schedule)
  return {
    job,
    cron,
    timeZone,
    running: enabled,
    overlap,
    periodSeconds: period === undefined ? null : period / 1000,
  }
}

function describe({ batches: listed, schedules }: BatchList): string {
  const paint = paintFor(process.stdout)
  const all = [...listed.flatMap((batch) => batch.schedules), ...schedules]
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length))
  const jobWidth = width(all.map(({ job }) => job))
  const cronWidth = width(all.map(({ cron }) => printable(cron)))
  const zoneWidth = width(all.map(({ timeZone }) => timeZone))
  const line = ({ job, cron, timeZone, running }: ListedSchedule) =>
    `  ${job.padEnd(jobWidth)}  ${printable(cron).padEnd(cronWidth)}  ${timeZone.padEnd(zoneWidth)}  ${running ? paint.green('running') : paint.dim('stopped')}\n`
  const parts = listed.map(
    ({ name, file, database, schedules: own }) =>
      `${paint.bold(printable(name))} ${paint.dim(printable(`${file}, ${database.connection}`))}\n${own.map(line).join('')}`,
  )
  const ofProject = schedules.length === 0 ? [] : [`the project\n${schedules.map(line).join('')}`]
  return [...parts, ...ofProject].join('\n')
}

import type { Batch, Project } from '../config/project.ts'
import type { AlertStore, Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import type { Database, MetricsTable } from '../databases/database.ts'
import type { FunctionRunner } from '../functions/function-runner.ts'
import type { ModelPool } from '../models/model-pool.ts'
import type { ModelStore } from '../models/model-store.ts'
import type { JobName, PROJECT_JOBS, Run, RunRequest } from '../runs/run.ts'
import type { SqlDialect } from '../templates/sql-dialects.ts'
import type { Templates } from '../templates/templates.ts'

/** What a run of a job for one batch sees. Everything is a contract: a job never knows which plug-in stands behind it. */
export interface JobContext {
  readonly batch: Batch
  readonly run: Pick<Run, 'id' | 'params' | 'startedAt' | 'shard' | 'trigger'>
  readonly clock: Clock
  /** Aborted when the run is canceled, timed out, or the program stops. */
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Of the batch's connection: where its metrics table is. */
  readonly database: Database
  /** What answers its ingest_sql: mostly the same. */
  readonly source: Pick<Database, 'query'>
  /** Statements of SQL in the language of what answers the batch's ingest_sql, and whether it explains them without running them. */
  translate(
    sql: string,
    from: SqlDialect,
  ): Promise<{ readonly statements: readonly string[]; readonly explains: boolean }>
  /** Of the hashes that `anonymize` puts in place of texts. */
  readonly anonymizeKey: string | undefined
  /** The batch's metrics table. */
  readonly table: MetricsTable
  readonly models: ModelStore
  readonly pool: ModelPool
  readonly alerts: AlertStore
  readonly functions: FunctionRunner
  readonly templates: Templates
  /** Absolute folder that files of the batch are relative to. */
  readonly projectDir: string
  /** Absolute root of template includes. */
  readonly metricsDir: string
  /** Those of the named channels that are configured; the others are warned of, once. */
  readonly channels: (methods: string) => readonly string[]
  /** Has other runs of this batch's jobs do parts of the work, here and in other processes, and resolves with them when all have ended, in the order of the
   * requests. Called again by a later attempt, it does not do again what had succeeded. */
  fanOut(requests: readonly RunRequest[]): Promise<readonly Run[]>
  /** Whether parts of a job of this batch are being done by runs of their own at this moment. */
  isFannedOut(job: JobName): Promise<boolean>
  /** Names of the steps that the run which this one resumes had completed. */
  readonly completed: ReadonlySet<string>
  /** Runs a named part of the job and records its duration, its error, and what `note` says of its result: counts, never data. */
  step<Result>(name: string, work: () => Promise<Result>, note?: (result: Result) => Json): Promise<Result>
}

/** A job of one batch is a list of named steps around pure functions. It can be killed at any instant and run again: the tables end up the same. */
export interface Job {
  readonly name: Exclude<JobName, ProjectJobName>
  /** One sentence. */
  readonly summary: string
  /** Throws when the job as a whole, or a part of it, failed; what could be done has been done by then. */
  run(context: JobContext): Promise<void>
}

export type ProjectJobName = (typeof PROJECT_JOBS)[number]

/** What a run of a job for the whole project sees. */
export interface ProjectJobContext extends Pick<JobContext, 'clock' | 'signal' | 'logger' | 'step'> {
  readonly run: Pick<Run, 'id' | 'params' | 'startedAt' | 'queuedAt' | 'scheduledFor'>
  readonly project: Project
  readonly control: Control
  /** Of a batch's connection. */
  database(batch: Batch): Database
  /** The model store at a model path. */
  models(modelPath: string): ModelStore
  readonly templates: Templates
  /** Those of the named channels that are configured; the others are warned of, once. */
  readonly channels: (methods: string) => readonly string[]
  /** Takes secrets out of a text. */
  redact(text: string): string
  /** Has what was put into the control database to be delivered go out at once. */
  deliver(): void
}

/** A job of the whole project; like every job it can be killed at any instant and run again. */
export interface ProjectJob {
  readonly name: ProjectJobName
  /** One sentence. */
  readonly summary: string
  /** Throws when a part of it failed; what could be done has been done by then. */
  run(context: ProjectJobContext): Promise<void>
}

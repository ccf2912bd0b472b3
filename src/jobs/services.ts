import type { Batch, Project } from '../config/project.ts'
import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Database } from '../databases/database.ts'
import type { FunctionRunner } from '../functions/function-runner.ts'
import type { ModelPool } from '../models/model-pool.ts'
import type { ModelStore } from '../models/model-store.ts'
import type { SqlDialect } from '../templates/sql-dialects.ts'
import type { Templates } from '../templates/templates.ts'

/** What jobs need of the program; the composition root provides it. */
export interface JobServices {
  project(): Project
  readonly control: Control
  readonly clock: Clock
  readonly logger: Logger
  /** Opens the batch's connection once for all batches that share it. */
  database(batch: Batch): Database
  /** What answers the batch's ingest_sql, opened likewise. */
  source(batch: Batch): Database
  /** Statements of SQL in the language of what answers the batch's ingest_sql, and whether it explains them without running them. */
  translate(
    batch: Batch,
    sql: string,
    from: SqlDialect,
  ): Promise<{ readonly statements: readonly string[]; readonly explains: boolean }>
  models(batch: Batch): ModelStore
  /** The store at a model path, of a batch that may have left the project. */
  modelsAt(modelPath: string): ModelStore
  readonly pool: ModelPool
  readonly functions: FunctionRunner
  readonly templates: Templates
  /** Those of the comma-separated channel names that are configured; warns of each of the others once. */
  channels(methods: string): readonly string[]
  /** Called after a run raised alerts, so that they are delivered at once. */
  readonly alertsRaised: () => void
  redact(text: string): string
}

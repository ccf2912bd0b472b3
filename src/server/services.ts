import type { Batch, Project } from '../config/project.ts'
import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Database } from '../databases/database.ts'
import type { ModelStore } from '../models/model-store.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Templates } from '../templates/templates.ts'

/** All that the server needs of the program; the composition root provides it. */
export interface ServerServices {
  /** The project as it is now: read anew for every request, so that a reload shows at once. */
  project(): Project
  readonly control: Control
  readonly orchestrator: Pick<Orchestrator, 'enqueue' | 'cancel' | 'retry'>
  /** The open database of a batch; throws `CONFIG_INVALID` or `CONNECTION_FAILED` when there is none. */
  database(batch: Batch): Database
  /** The models of a batch; throws when their storage cannot be opened. */
  models(batch: Batch): Pick<ModelStore, 'latest' | 'lastTrained'>
  /** Renders the SQL that a batch has in place of the built-in one. */
  readonly templates: Templates
  /** Makes a dead or skipped delivery due now and wakes whoever delivers; false when there is none such. */
  retryDelivery(deliveryId: string): Promise<boolean>
  /** Pauses or resumes a schedule. Errors: `NOT_FOUND`. */
  setSchedule(id: string, state: 'paused' | 'running'): Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly version: string
}

import type { NoticeBoard } from '../../alerts/notice-board.ts'
import type { Batch, Project } from '../../config/project.ts'
import type { Control } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Database } from '../../databases/database.ts'
import type { FunctionRunner } from '../../functions/function-runner.ts'
import type { Orchestrator } from '../orchestrator.ts'

/**
 * Looks at something from time to time, and says so or starts runs when there is something to it. A check may be broken off at any instant and done again,
 * here or by another process: what it does must be idempotent. It may throw anything: that is logged, and it is done again when it is next due.
 */
export interface Sensor {
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** Real ms between checks, give or take a tenth. */
  readonly everyMs: number
  /** Real ms that a check may take; half a minute when not given. */
  readonly timeoutMs?: number
  /** Whether each process looks for itself, or one of all that share the control database. */
  readonly scope: 'process' | 'cluster'
  check(context: SensorContext): Promise<void>
  /** Calls `poke` when a check is worth while before the next is due. Returns how to stop that. */
  watch?(poke: () => void): () => void
}

export interface SensorContext {
  /** Aborted when the check takes too long, or the program stops. */
  readonly signal: AbortSignal
}

/** What sensors need of the program; the composition root provides it. */
export interface SensorServices {
  /** As it is now. */
  project(): Project
  readonly control: Control
  readonly clock: Clock
  readonly logger: Logger
  readonly notices: NoticeBoard
  readonly orchestrator: Pick<Orchestrator, 'enqueue'>
  database(batch: Batch): Database
  readonly functions: FunctionRunner
  /** Those of the comma-separated channel names that are configured. */
  channels(methods: string): readonly string[]
  /** Called after alerts were raised, so that they are delivered at once. */
  readonly alertsRaised: () => void
  /** Reads the project's folder anew; nothing of it is in use before `useProject`. */
  loadProject(): Promise<Project>
  /** From now on this is the project: schedules, runs and pages follow it. */
  useProject(project: Project): void
  /** Stands for what is fitted with these settings and texts; it changes when a new model is needed. */
  fitFingerprint(batch: Batch): string
}

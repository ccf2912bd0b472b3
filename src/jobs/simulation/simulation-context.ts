import { weekdayExceptions } from '../../config/calendar-effects.ts'
import type { Batch } from '../../config/project.ts'
import type { ModelSpec } from '../../models/model-spec.ts'
import type { JobContext } from '../job.ts'
import { modelSpecOf } from '../model-spec-of.ts'
import { withPython } from '../with-python.ts'

/** A batch and what is needed to replay it. Nothing is written. */
export type SimulationContext = Pick<
  JobContext,
  | 'batch'
  | 'clock'
  | 'signal'
  | 'logger'
  | 'database'
  | 'table'
  | 'templates'
  | 'projectDir'
  | 'metricsDir'
  | 'functions'
  | 'pool'
>

/** How the metrics of a batch are judged, here. */
export function specOf(batch: Batch): ModelSpec {
  return withPython(modelSpecOf(batch.settings, weekdayExceptions(batch)), batch.settings)
}

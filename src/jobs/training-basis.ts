import { createHash } from 'node:crypto'
import { libraryVersion } from '../models/library-version.ts'
import { fitFingerprint } from './fit-fingerprint.ts'
import type { JobContext } from './job.ts'
import type { MetricRules } from './training-rules.ts'

/** Stands for all that decides, beside its points, what the model of a metric is fitted to: the settings of the batch, what stays out of fitting, and what
 * people said of its alerts. */
export function trainingBasis({
  batch,
  templates,
}: Pick<JobContext, 'batch' | 'templates'>): (rules: MetricRules) => string {
  const { settings, calendars = [] } = batch
  const skipping = calendars.filter(({ effect }) => effect === 'skip_training')
  const ofBatch = createHash('sha256').update(
    JSON.stringify([libraryVersion, fitFingerprint(batch, templates), settings.time_zone, skipping]),
  )
  return ({ range, normalFrom, confirmed, feedback }) =>
    ofBatch
      .copy()
      .update(JSON.stringify([range, normalFrom, confirmed, feedback]))
      .digest('hex')
      .slice(0, 16)
}

import { compareThresholds } from './compare-thresholds.ts'
import { collectFailures } from './failures.ts'
import { comparesBounds } from './fixed-bounds.ts'
import { ingestRows } from './ingest-rows.ts'
import type { Job } from './job.ts'
import { fillMissing } from './missing.ts'
import { forgetSeen } from './seen.ts'

export const ingest: Job = {
  name: 'ingest',
  summary: 'Reads new values through the batch’s query or function and writes them into the metrics table.',
  async run(context) {
    const { batch, logger } = context
    const failures = collectFailures(logger, context.signal)
    await ingestRows(context, failures)
    await failures.attempt({ batch: batch.name }, () => fillMissing(context))
    await failures.attempt({ batch: batch.name }, () =>
      comparesBounds(batch.settings) ? compareThresholds(context) : forgetSeen(context, 'threshold'),
    )
    if (batch.settings.disable_change)
      await failures.attempt({ batch: batch.name }, () => forgetSeen(context, 'change'))
    failures.throwIfAny()
  },
}

import { AnomstackError } from '../core/errors.ts'
import type { BackfillOptions } from './backfill-options.ts'
import { runBackfill } from './backfill-runs.ts'
import type { ExitCode } from './exit.ts'
import { previewBackfills } from './preview-backfills.ts'

/** Replays the history of batches. 1 when one of them failed. */
export async function backfill({ preview = false, ...options }: BackfillOptions): Promise<ExitCode> {
  const { from, to } = options
  if (from !== undefined && to !== undefined && from >= to)
    throw new AnomstackError('INPUT_INVALID', '--from is not before --to; there is nothing to replay')
  return preview ? previewBackfills(options) : runBackfill(options)
}

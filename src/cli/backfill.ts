import { AnomstackError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { ExitCode } from './exit.ts'
import { createProgressBar } from './progress-bar.ts'
import { runBatches } from './run-batches.ts'

export interface BackfillOptions {
  readonly project: string
  readonly batch?: readonly string[]
  /** UTC epoch ms. */
  readonly from?: number
  readonly to?: number
  readonly json?: boolean
}

/** Replays the history of batches. 1 when one of them failed. */
export async function backfill({ from, to, ...options }: BackfillOptions): Promise<ExitCode> {
  if (from !== undefined && to !== undefined && from >= to)
    throw new AnomstackError('INPUT_INVALID', '--from is not before --to; there is nothing to replay')
  const bar = createProgressBar('backfill')
  return runBatches({
    ...options,
    job: 'backfill',
    params: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    logger: (logger) => withProgress(logger, bar.show),
    ended: bar.clear,
  })
}

/** A log whose reports of progress go to a bar. */
function withProgress(logger: Logger, show: (done: number, of: number, what: string) => void): Logger {
  return {
    log(level, message, fields) {
      if (message === 'backfill' && typeof fields?.metrics === 'number' && typeof fields.of === 'number')
        show(fields.metrics, fields.of, typeof fields.batch === 'string' ? fields.batch : '')
      else logger.log(level, message, fields)
    },
  }
}

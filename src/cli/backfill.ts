import { createApp } from '../app.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { RunRequest } from '../runs/run.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { createProgressBar } from './progress-bar.ts'
import { runThroughServer } from './remote-run.ts'
import { describeRun, type RunReport, runHere } from './run-report.ts'
import { findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface BackfillOptions {
  readonly project: string
  readonly batch?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly json?: boolean
}

/** Replays the history of batches. 1 when one of them failed. */
export async function backfill(options: BackfillOptions): Promise<ExitCode> {
  const params = { ...time('from', options.from), ...time('to', options.to) }
  const bar = createProgressBar('backfill')
  const app = await createApp(options.project, {
    logger: (redact) => withProgress(createTerminalLogger({ least: 'warn', redact }), bar.show),
  })
  const { signal, release } = interruption()
  try {
    const server = await findServer(app.project)
    const reports: RunReport[] = []
    for (const batch of chooseBatches(app.project, options.batch)) {
      const request: RunRequest = { job: 'backfill', batch, trigger: 'manual', params }
      const report =
        server === undefined
          ? await runHere(app, request, signal)
          : await runThroughServer(server.url, request, signal)
      bar.clear()
      reports.push(report)
      if (options.json !== true) process.stdout.write(describeRun(report))
      if (signal.aborted) break
    }
    if (options.json === true) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`)
    return reports.some(({ run }) => run.status !== 'succeeded') ? 1 : 0
  } finally {
    release()
    await app.close(5_000)
  }
}

function time(name: 'from' | 'to', text: string | undefined): { [key: string]: Json } {
  if (text === undefined) return {}
  const at = parseTimestamp(text)
  if (at === undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `--${name} "${text}" is not a time; write it like 2026-01-31T09:00:00Z`,
    )
  return { [name]: at }
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

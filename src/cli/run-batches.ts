import { type App, createApp } from '../app.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import { isProjectJob, type JobName, type RunRequest } from '../runs/run.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'
import { runThroughServer } from './remote-run.ts'
import { reserveOutput } from './reserved-output.ts'
import { describeRun, type RunReport, runHere } from './run-report.ts'
import { findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface BatchRuns {
  readonly project: string
  readonly job: JobName
  readonly params: { readonly [key: string]: Json }
  /** All when not given. */
  readonly batch?: readonly string[]
  /** Reports as one JSON array, and nothing else on standard output. */
  readonly json?: boolean
  /** Put around the log of the program. */
  readonly logger?: (logger: Logger) => Logger
  /** Called when a run has ended, before its report is printed. */
  readonly ended?: () => void
  /** Called after the runs of this process. */
  readonly afterwards?: (app: App, signal: AbortSignal) => Promise<unknown>
}

/** Has a job run once for each batch, through the project's server when one is running, and prints the reports. 1 when a run failed. */
export async function runBatches(wanted: BatchRuns): Promise<ExitCode> {
  const output = wanted.json === true ? reserveOutput() : undefined
  const { logger: around = (logger) => logger } = wanted
  const app = await createApp(wanted.project, {
    logger: (redact) => around(withoutRuns(createTerminalLogger({ least: 'warn', redact }))),
  })
  const { signal, release } = interruption()
  try {
    const batches = chooseBatches(app.project, wanted.batch)
    const server = await findServer(app.project)
    if (server !== undefined) process.stderr.write(`through the server that is running, ${server.url}\n`)
    const reports: RunReport[] = []
    const { job, params } = wanted
    const targets = isProjectJob(job) ? [{}] : batches.map((batch) => ({ batch }))
    for (const target of targets) {
      const request: RunRequest = { job, ...target, trigger: 'manual', params }
      const report =
        server === undefined
          ? await runHere(app, request, { signal })
          : await runThroughServer(server.url, request, signal)
      wanted.ended?.()
      reports.push(report)
      if (output === undefined) process.stdout.write(describeRun(report, paintFor(process.stdout)))
      if (signal.aborted) break
    }
    if (server === undefined) await wanted.afterwards?.(app, signal)
    const failed = reports.filter(({ run }) => run.status !== 'succeeded').length
    if (output !== undefined) output.write(`${JSON.stringify(reports, null, 2)}\n`)
    else if (targets.length > 1) process.stdout.write(summary(reports.length, failed, targets.length))
    return failed > 0 || signal.aborted ? 1 : 0
  } finally {
    release()
    await app.close(5_000)
    output?.release()
  }
}

/** What is logged in a run stands in its report. */
function withoutRuns(logger: Logger): Logger {
  return {
    log(level, message, fields) {
      if (fields?.run === undefined) logger.log(level, message, fields)
    },
  }
}

function summary(ran: number, failed: number, of: number): string {
  const paint = paintFor(process.stdout)
  const left = of > ran ? `, ${of - ran} not started` : ''
  const outcome = failed === 0 ? paint.green('none failed') : paint.red(`${failed} failed`)
  return `${plural(ran, 'batch', 'batches')}, ${outcome}${left}\n`
}

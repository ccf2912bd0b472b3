import { createApp } from '../app.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { JOB_NAMES, type RunRequest } from '../runs/run.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { runThroughServer } from './remote-run.ts'
import { describeRun, type RunReport, runHere } from './run-report.ts'
import { findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface RunOptions {
  readonly project: string
  readonly batch?: readonly string[]
  readonly at?: string
  readonly json?: boolean
}

/** Runs a job once for each batch, and prints its steps; through the project's server when one is running. 1 when a run failed. */
export async function run(job: string, options: RunOptions): Promise<ExitCode> {
  const name = JOB_NAMES.find((known) => known === job)
  if (name === undefined || name === 'deliver' || name === 'backfill')
    throw new AnomstackError('INPUT_INVALID', `there is no job "${job}" to run; see anomstack run --help`)
  const at = options.at === undefined ? undefined : parseTimestamp(options.at)
  if (options.at !== undefined && at === undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `--at "${options.at}" is not a time; write it like 2026-01-31T09:00:00Z`,
    )
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  const { signal, release } = interruption()
  try {
    const batches = chooseBatches(app.project, options.batch)
    const params: { [key: string]: Json } = at === undefined ? {} : { at }
    const server = await findServer(app.project)
    let failed = false
    const reports: RunReport[] = []
    for (const batch of batches) {
      const request: RunRequest = { job: name, batch, trigger: 'manual', params }
      const report =
        server === undefined
          ? await runHere(app, request, signal)
          : await runThroughServer(server.url, request, signal)
      failed ||= report.run.status !== 'succeeded'
      if (options.json === true) reports.push(report)
      else process.stdout.write(describeRun(report))
      if (signal.aborted) break
    }
    if (server === undefined) await app.pump.drain(signal)
    if (options.json === true) process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`)
    return failed || signal.aborted ? 1 : 0
  } finally {
    release()
    await app.close(5_000)
  }
}

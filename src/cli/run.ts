import type { JobName } from '../runs/run.ts'
import type { ExitCode } from './exit.ts'
import { runBatches } from './run-batches.ts'

export interface RunOptions {
  readonly project: string
  readonly batch?: readonly string[]
  /** As if it were this time, UTC epoch ms. */
  readonly at?: number
  readonly json?: boolean
}

/** Runs a job once for each batch, prints its steps, and delivers the alerts that it raised. 1 when a run failed. */
export function run(job: JobName, { at, ...options }: RunOptions): Promise<ExitCode> {
  return runBatches({
    ...options,
    job,
    params: at === undefined ? {} : { at },
    afterwards: (app, signal) => app.pump.drain(signal),
  })
}

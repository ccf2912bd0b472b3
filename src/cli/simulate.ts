import { type App, createApp } from '../app.ts'
import { readEnvironment } from '../config/environment.ts'
import { nearest } from '../config/faults.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { Batch } from '../config/project.ts'
import { AnomstackError, locate } from '../core/errors.ts'
import { baseName, listsMetric } from '../core/metric-name.ts'
import { createFunctionRunner } from '../functions/create-function-runner.ts'
import { simulateBatch } from '../jobs/simulation/simulate-batch.ts'
import type { Simulation } from '../jobs/simulation/simulation.ts'
import type { SimulationContext } from '../jobs/simulation/simulation-context.ts'
import { createModelPool } from '../models/model-pool.ts'
import { changedBatch } from './changed-batch.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor, printable } from './paint.ts'
import { createProgressBar } from './progress-bar.ts'
import { reserveOutput } from './reserved-output.ts'
import { simulationJson } from './simulation-json.ts'
import { simulationText } from './simulation-report.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface SimulateOptions {
  readonly project: string
  readonly batch: string
  /** All when not given. */
  readonly metric?: readonly string[]
  /** `key=value` each. */
  readonly set?: readonly string[]
  /** UTC epoch ms. */
  readonly from?: number
  readonly to?: number
  readonly inject?: boolean
  readonly json?: boolean
}

/** Says how often the metrics of a batch would have alerted, today and with other settings. 1 when one of them could not be judged. */
export async function simulate(options: SimulateOptions): Promise<ExitCode> {
  const { from, to, set = [], json = false } = options
  if (from !== undefined && to !== undefined && from >= to)
    throw new AnomstackError('INPUT_INVALID', '--from is not before --to; there is nothing to replay')
  const output = json ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  const { signal, release } = interruption()
  const bar = createProgressBar('simulate')
  const parts = openParts(app, signal)
  try {
    const [name = options.batch] = chooseBatches(app.project, [options.batch])
    const batch = app.project.batches.get(name)!
    const changed = set.length === 0 ? undefined : await changedBatch(app.project, name, set)
    const contextOf = (each: Batch) => parts.contextOf(each)
    const simulation = await simulateBatch(contextOf(batch), changed && contextOf(changed), {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      choose: (known) => chooseMetrics(known, { batch: name, wanted: options.metric }),
      inject: options.inject === true,
      progress: (done, of) => bar.show(done, of, name),
    }).catch((error: unknown) => {
      throw locate(error, { batch: name }, 'JOB_FAILED')
    })
    bar.clear()
    const report = { batch: name, set, simulation }
    if (output === undefined) process.stdout.write(simulationText(report, paintFor(process.stdout)))
    else output.write(`${JSON.stringify(simulationJson(report), null, 2)}\n`)
    return hasFailed(simulation) ? 1 : 0
  } finally {
    release()
    await parts.close()
    await app.close(0)
    output?.release()
  }
}

/** What replays batches, beside what the program has. */
function openParts({ project, clock, logger, templates, database }: App, signal: AbortSignal) {
  const pool = createModelPool({ threads: project.server.threads })
  const functions = createFunctionRunner({
    environment: () => readEnvironment(project.dir, processEnvironment(), () => {}),
  })
  return {
    contextOf: (batch: Batch): SimulationContext => ({
      batch,
      clock,
      signal,
      logger,
      templates,
      database: database(batch),
      table: database(batch).metricsTable(batch.settings.table_key),
      projectDir: project.dir,
      metricsDir: project.metricsDir,
      functions,
      pool,
    }),
    close: () => pool.close(),
  }
}

/** The named metrics, or all. A name without dimensions means all metrics that have it. */
function chooseMetrics(
  known: readonly string[],
  { batch, wanted }: { readonly batch: string; readonly wanted: readonly string[] | undefined },
): readonly string[] {
  if (known.length === 0)
    throw new AnomstackError(
      'NOT_FOUND',
      `it has no history in this time; \`anomstack run ingest --batch ${batch}\` reads some`,
    )
  for (const name of wanted ?? [])
    if (!known.some((each) => each === name || baseName(each) === name)) {
      const near = nearest(name, known) ?? known[0]!
      throw new AnomstackError(
        'INPUT_INVALID',
        `there is no metric "${printable(name).slice(0, 100)}" with points in this time; did you mean "${printable(near)}"?`,
      )
    }
  return wanted === undefined ? known : known.filter((each) => listsMetric(new Set(wanted), each))
}

function hasFailed({ metrics }: Simulation): boolean {
  return metrics.some(({ today, changed }) => today.status === 'failed' || changed?.status === 'failed')
}

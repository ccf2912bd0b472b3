import { type App, createApp } from '../app.ts'
import type { EditOutcome, YamlEdit } from '../config/edit-yaml.ts'
import { readEnvironment } from '../config/environment.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { Batch } from '../config/project.ts'
import { parseAlertBudget } from '../core/alert-budget.ts'
import { AnomstackError } from '../core/errors.ts'
import { createFunctionRunner } from '../functions/create-function-runner.ts'
import type { SimulationContext } from '../jobs/simulation/simulation-context.ts'
import { budgetUnit } from '../jobs/tuning/budget-text.ts'
import { type LoadedBatch, loadMetrics } from '../jobs/tuning/load-metrics.ts'
import { type TunedKey, tuneAlerts } from '../jobs/tuning/tune-alerts.ts'
import { createModelPool } from '../models/model-pool.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor, printable } from './paint.ts'
import { createProgressBar } from './progress-bar.ts'
import { reserveOutput } from './reserved-output.ts'
import { createTerminalLogger } from './terminal-logger.ts'
import { type TunedBatches, tuneJson, tuneText } from './tune-report.ts'
import { writeKeys } from './write-keys.ts'

/** The newest so many points of a metric are replayed. */
const MOST_POINTS = 10_000

export interface TuneOptions {
  readonly project: string
  /** As `alert_budget` has it. */
  readonly target: string
  /** All when not given. */
  readonly batch?: readonly string[]
  readonly key?: TunedKey
  /** Puts the setting into the files of the batches, … */
  readonly write?: boolean
  /** … also where it, or what it takes the place of, is set. */
  readonly replace?: boolean
  readonly json?: boolean
}

/** Finds one setting for many metrics that would have alerted as often as is wanted, and says how often it would on time that it was not found on. 1 when a batch could not be read or
 * written. */
export async function tune(options: TuneOptions): Promise<ExitCode> {
  const target = parseAlertBudget(options.target)
  if (target === undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `--target: "${printable(options.target).slice(0, 100)}" is not a number of alerts of one metric per hour, day, week, month or year, such as "2 per month"`,
    )
  if (options.replace === true && options.write !== true)
    throw new AnomstackError('INPUT_INVALID', '--replace says what --write does: add --write')
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  const { signal, release } = interruption()
  const pool = createModelPool({ threads: app.project.server.threads })
  const bar = createProgressBar('tune')
  const problems: string[] = []
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AnomstackError) || signal.aborted) throw error
      problems.push(error.message)
      return undefined
    }
  }
  try {
    const batches = alerting(app, options.batch)
    const loaded: LoadedBatch[] = []
    for (const batch of batches) {
      const context = contextOf(app, batch, { pool, signal })
      const each = await attempt(async () => {
        await context.table.ensure()
        return loadMetrics(context, MOST_POINTS)
      })
      if (each !== undefined && each.items.length > 0) loaded.push(each)
    }
    checkParameters(loaded, options.key)
    const unit = budgetUnit(options.target)
    const tuning = await tuneAlerts(loaded, {
      target,
      unit,
      ...(options.key === undefined ? {} : { key: options.key }),
      progress: (what) => (done, of) => bar.show(done, of, what),
    })
    bar.clear()
    problems.push(...tuning.problems)
    const written = new Map<Batch, EditOutcome | undefined>()
    // What was not judged says nothing about the setting.
    const tuned = loaded.map(({ context }) => context.batch).filter(({ name }) => tuning.splits.has(name))
    const edit = editOf(tuning.key, tuning.value, options)
    if (options.write === true)
      for (const batch of tuned)
        written.set(batch, (await attempt(() => writeKeys(app.project, batch, [edit])))?.[0])
    const report: TunedBatches = {
      target: { rate: target, text: options.target.trim(), unit },
      batches: tuned,
      leftOut: batches.filter((batch) => !tuned.includes(batch)).map(({ name }) => name),
      mostPoints: MOST_POINTS,
      tuning,
      ...(options.write === true ? { written } : {}),
    }
    if (output === undefined) process.stdout.write(tuneText(report, paintFor(process.stdout)))
    else output.write(`${JSON.stringify(tuneJson(report), null, 2)}\n`)
    for (const problem of problems) process.stderr.write(`error: ${printable(app.redact(problem))}\n`)
    return problems.length === 0 ? 0 : 1
  } catch (error) {
    bar.clear()
    for (const problem of problems) process.stderr.write(`error: ${printable(app.redact(problem))}\n`)
    throw error
  } finally {
    release()
    await pool.close()
    await app.close(0)
    output?.release()
  }
}

/** The named batches, or all that alert. */
function alerting(app: App, names: readonly string[] | undefined): readonly Batch[] {
  const chosen = [...new Set(chooseBatches(app.project, names))].flatMap(
    (name) => app.project.batches.get(name) ?? [],
  )
  const silent = chosen.filter(({ settings }) => settings.disable_alert || settings.disable_score)
  const [first] = silent
  if (first !== undefined && (names !== undefined || silent.length === chosen.length))
    throw new AnomstackError(
      'INPUT_INVALID',
      `batch "${first.name}" never alerts, as ${first.settings.disable_alert ? 'disable_alert' : 'disable_score'} is set; there is nothing to tune`,
    )
  return chosen.filter((batch) => !silent.includes(batch))
}

function contextOf(
  app: App,
  batch: Batch,
  parts: Pick<SimulationContext, 'pool' | 'signal'>,
): SimulationContext {
  const { project, clock, logger, templates } = app
  const database = app.database(batch)
  return {
    batch,
    clock,
    logger,
    templates,
    database,
    table: database.metricsTable(batch.settings.table_key),
    projectDir: project.dir,
    metricsDir: project.metricsDir,
    functions: createFunctionRunner({
      environment: () => readEnvironment(project.dir, processEnvironment(), () => {}),
    }),
    ...parts,
  }
}

/** A rate among the parameters of a model is nearer than the batch's budget, which would change nothing. */
function checkParameters(loaded: readonly LoadedBatch[], key: TunedKey | undefined): void {
  if (key === 'alert_threshold') return
  for (const { context } of loaded)
    if (
      context.batch.settings.model_configs.some(({ model_params: params }) => params.alerts_per_week != null)
    )
      throw new AnomstackError(
        'INPUT_INVALID',
        `batch "${context.batch.name}" sets alerts_per_week for a model, which counts before alert_budget: leave it out, or tune with --key alert_threshold`,
      )
}

function editOf(
  key: TunedKey,
  value: string | number,
  { target, replace = false }: Pick<TuneOptions, 'target' | 'replace'>,
): YamlEdit {
  return {
    keys: [{ path: [key], value }],
    why: `for ${target.trim()} of each metric (anomstack tune)`,
    insteadOf:
      key === 'alert_budget'
        ? ['alert_threshold', 'anomaly_threshold']
        : ['anomaly_threshold', 'alert_budget'],
    replace,
  }
}

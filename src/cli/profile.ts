import { type App, createApp } from '../app.ts'
import { nearest } from '../config/faults.ts'
import type { Batch } from '../config/project.ts'
import { longestCronPeriod } from '../core/cron-period.ts'
import { AnomstackError } from '../core/errors.ts'
import { baseName, listsMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import type { History } from '../databases/database.ts'
import { adviseBatch } from '../jobs/advice/advise-batch.ts'
import { adviseMetric } from '../jobs/advice/advise-metric.ts'
import { loadHistory } from '../jobs/load-history.ts'
import { batchSchedules } from '../orchestrator/schedules.ts'
import { profileSeries } from '../timeseries/profile-series.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor, printable } from './paint.ts'
import { type ProfiledBatch, profileJson, profileText } from './profile-report.ts'
import { createProgressBar } from './progress-bar.ts'
import { reserveOutput } from './reserved-output.ts'
import { createTerminalLogger } from './terminal-logger.ts'
import { writeKeys } from './write-keys.ts'

/** The newest so many points of a metric are measured. */
const MOST_POINTS = 50_000

export interface ProfileOptions {
  readonly project: string
  /** All when not given. */
  readonly batch?: readonly string[]
  /** All when not given. */
  readonly metric?: readonly string[]
  /** Puts the advised keys into the files of the batches. */
  readonly write?: boolean
  readonly json?: boolean
}

/** Measures the stored history of metrics and says which settings suit them. 1 when a batch could not be read or written. */
export async function profile(options: ProfileOptions): Promise<ExitCode> {
  if (options.write === true && options.metric !== undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      '--write is for whole batches, as their settings hold for all of their metrics: leave out --metric',
    )
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  const { signal, release } = interruption()
  const problem = (error: unknown) => {
    if (!(error instanceof AnomstackError) || signal.aborted) throw error
    failed = true
    process.stderr.write(`error: ${printable(app.redact(error.message))}\n`)
  }
  let failed = false
  try {
    const batches = [...new Set(chooseBatches(app.project, options.batch))].flatMap(
      (name) => app.project.batches.get(name) ?? [],
    )
    const histories = new Map<Batch, History>()
    for (const batch of batches)
      try {
        histories.set(batch, await historyOf(app, batch, signal))
      } catch (error) {
        problem(error)
      }
    checkMetrics([...histories.values()], options.metric)
    const profiled: ProfiledBatch[] = []
    for (const [batch, history] of histories) {
      const found = profileBatch(batch, history, options.metric)
      if (options.metric !== undefined && found.metrics.length === 0) continue
      try {
        const edits = found.advice.proposals.map(({ keys, why }) => ({
          keys,
          why: `${why} (anomstack profile)`,
        }))
        profiled.push(
          options.write === true ? { ...found, written: await writeKeys(app.project, batch, edits) } : found,
        )
      } catch (error) {
        profiled.push(found)
        problem(error)
      }
    }
    if (output === undefined) process.stdout.write(profileText(profiled, paintFor(process.stdout)))
    else output.write(`${JSON.stringify(profileJson(profiled), null, 2)}\n`)
    return failed ? 1 : 0
  } finally {
    release()
    await app.close(0)
    output?.release()
  }
}

async function historyOf(app: App, batch: Batch, signal: AbortSignal): Promise<History> {
  const database = app.database(batch)
  const table = database.metricsTable(batch.settings.table_key)
  await table.ensure()
  const source = { batch, database, table, templates: app.templates, signal }
  return loadHistory(source, 'train_sql', { types: ['metric'], maxPoints: MOST_POINTS })
}

/** Throws `INPUT_INVALID` for a metric that no history has. */
function checkMetrics(histories: readonly History[], wanted: readonly string[] | undefined): void {
  const known = histories.flatMap((history) => [...history.keys()])
  for (const name of wanted ?? []) {
    if (known.some((each) => each === name || baseName(each) === name)) continue
    const near = nearest(name, known) ?? known[0]
    throw new AnomstackError(
      'INPUT_INVALID',
      `there is no metric "${printable(name).slice(0, 100)}" with a history${near === undefined ? '; `anomstack run ingest` reads some' : `; did you mean "${printable(near)}"?`}`,
    )
  }
}

function profileBatch(batch: Batch, history: History, wanted: readonly string[] | undefined): ProfiledBatch {
  const { settings } = batch
  const bar = createProgressBar('profile')
  const chosen = [...history].flatMap(([metric, points]): { metric: string; series: Series }[] => {
    const series = points.get('metric')
    const isWanted = wanted === undefined || listsMetric(new Set(wanted), metric)
    return series === undefined || series.timestamps.length === 0 || !isWanted ? [] : [{ metric, series }]
  })
  const every = runsEvery(batch)
  const metrics = chosen.map(({ metric, series }, index) => {
    if (process.stderr.isTTY) bar.show(index, chosen.length, printable(batch.name))
    const measured = profileSeries(series, settings.time_zone)
    return { profile: measured, advice: adviseMetric({ metric, series, profile: measured }, settings, every) }
  })
  bar.clear()
  const advice = adviseBatch(
    metrics.map((each) => each.advice),
    settings,
  )
  return { batch, metrics, advice }
}

/** Time between runs that bring new points, ms; undefined where no schedule runs. */
function runsEvery(batch: Batch): number | undefined {
  const schedule = batchSchedules(batch).find(
    ({ job, enabled }) => enabled && (job === 'pipeline' || job === 'ingest'),
  )
  return schedule === undefined ? undefined : longestCronPeriod(schedule)
}

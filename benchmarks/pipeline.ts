import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as AppModule from '../src/app.ts'
import type { App } from '../src/app.ts'
import type * as Logging from '../src/core/logger.ts'
import type { MetricRow } from '../src/core/metric-row.ts'
import type * as Pool from '../src/models/model-pool.ts'
import type * as Store from '../src/models/model-store.ts'
import type { JobName } from '../src/runs/run.ts'
import type * as Storages from '../src/storages/index.ts'
import { built } from './built.ts'
import type { Benchmark, Measurement } from './measurement.ts'
import { defaultSpec, makeSeries, START, STEP } from './samples.ts'
import { inScratchFolder } from './scratch-folder.ts'

const child = fileURLToPath(new URL('./run-jobs.mjs', import.meta.url))
const HISTORY = 2500
/** The detectors of the original's defaults. */
const ORIGINAL_MODELS = `
  - {model_name: PCA, model_params: {contamination: 0.01}}
  - {model_name: KNN, model_params: {contamination: 0.01}}`
const batchFile = (models: string) => `metric_batch: bench
db: sqlite
model_configs: ${models}
ingest_sql: select 1 as metric_timestamp, 'a' as metric_name, 1 as metric_value where false
`

interface Outcome {
  readonly seconds: Readonly<Record<string, number>>
  readonly steps: Readonly<Record<string, Readonly<Record<string, number>> | null>>
  readonly peakMemory: number
}

const timeOf = (point: number) => START + point * STEP

async function writeProject(folder: string, models = ORIGINAL_MODELS): Promise<void> {
  await mkdir(join(folder, 'metrics'), { recursive: true })
  await writeFile(join(folder, 'metrics', 'bench.yaml'), batchFile(models))
  await writeFile(join(folder, 'anomstack.yaml'), 'server:\n  threads: 2\n')
}

async function upsert(project: string, rows: Iterable<MetricRow>): Promise<void> {
  const { createApp } = await built<typeof AppModule>('app.js')
  const { silentLogger } = await built<typeof Logging>('core/logger.js')
  const app: App = await createApp(project, { logger: () => silentLogger })
  const batch = app.project.batches.get('bench')
  if (batch === undefined) throw new Error(`the project is not valid: ${JSON.stringify(app.project.faults)}`)
  const table = app.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  await table.upsert(rows)
  await app.close(0)
}

/** Points `from` to `to` (exclusive) of so many metrics; the values repeat every hundred metrics. */
function* pointsOf(metrics: number, from: number, to: number): Generator<MetricRow> {
  const values = Array.from({ length: 100 }, (_, i) => makeSeries(`m${i}`, to).values)
  for (let metric = 0; metric < metrics; metric++)
    for (let point = from; point < to; point++)
      yield {
        timestamp: timeOf(point),
        batch: 'bench',
        name: `m${metric}`,
        type: 'metric',
        value: values[metric % 100]![point]!,
        metadata: '',
      }
}

/** Runs jobs just after a point has come, in a new process. */
function runJobs(project: string, lastPoint: number, jobs: readonly JobName[]): Outcome {
  const at = timeOf(lastPoint) + 1000
  const result = spawnSync(process.execPath, [child, project, 'bench', String(at), ...jobs], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (result.status !== 0) throw new Error(`${jobs.join(', ')} failed: ${result.stderr}`)
  return JSON.parse(result.stdout) as Outcome
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, each) => total + each, 0)

/** Everything that happens to 1,000 metrics with a full history: read it, train, score, alert. */
async function whole(folder: string): Promise<Measurement[]> {
  await writeProject(folder)
  await upsert(folder, pointsOf(1000, 0, HISTORY))
  const { seconds, peakMemory } = runJobs(folder, HISTORY - 1, ['train', 'score', 'alert'])
  const each = Object.entries(seconds).map(
    ([job, value]): Measurement => ({ name: `1,000 metrics x 2,500 points: ${job}`, value, unit: 's' }),
  )
  return [
    {
      name: '1,000 metrics x 2,500 points: train, score and alert, reads and writes included',
      value: sum(Object.values(seconds)),
      unit: 's',
      target: { most: 15 },
    },
    ...each,
    {
      name: '1,000 metrics x 2,500 points: largest resident memory',
      value: peakMemory,
      unit: 'MB',
      target: { most: 400 },
    },
  ]
}

/** The same with the default model, for fewer metrics. */
async function wholeByDefault(folder: string): Promise<Measurement[]> {
  await writeProject(folder, 'auto')
  await upsert(folder, pointsOf(200, 0, HISTORY))
  const { seconds } = runJobs(folder, HISTORY - 1, ['train', 'score', 'alert'])
  return [
    {
      name: '200 metrics x 2,500 points with the model `auto`: train, score and alert, reads and writes included',
      value: sum(Object.values(seconds)),
      unit: 's',
    },
  ]
}

/** One new point of each of 10,000 metrics, which have models of 2,500 points and enough recent points to make a row. */
async function onePoint(folder: string): Promise<Measurement[]> {
  const metrics = 10_000
  await writeProject(folder)
  await publishModels(folder, metrics)
  await upsert(folder, pointsOf(metrics, HISTORY - 60, HISTORY))
  runJobs(folder, HISTORY - 1, ['score', 'alert'])
  await upsert(folder, pointsOf(metrics, HISTORY, HISTORY + 1))
  const { seconds, steps, peakMemory } = runJobs(folder, HISTORY, ['score', 'alert'])
  const written = steps['score: write']?.rows
  if (written !== metrics) throw new Error(`${String(written)} points were scored instead of ${metrics}`)
  return [
    {
      name: '10,000 metrics x 1 new point: score, reads and writes included',
      value: seconds.score!,
      unit: 's',
      target: { most: 20 },
    },
    { name: '10,000 metrics x 1 new point: alert', value: seconds.alert!, unit: 's' },
    { name: '10,000 metrics x 1 new point: largest resident memory', value: peakMemory, unit: 'MB' },
  ]
}

/** A hundred models, each under many names: the time to score does not depend on their differing. */
async function publishModels(project: string, metrics: number): Promise<void> {
  const { createModelPool } = await built<typeof Pool>('models/model-pool.js')
  const { createModelStore } = await built<typeof Store>('models/model-store.js')
  const { openStorage } = await built<typeof Storages>('storages/index.js')
  const pool = createModelPool({ threads: 2 })
  const items = Array.from({ length: 100 }, (_, i) => ({
    metric: `m${i}`,
    series: makeSeries(`m${i}`, HISTORY),
  }))
  const trained = await pool.train(defaultSpec, items)
  await pool.close()
  const results = Array.from({ length: metrics }, (_, i) => ({ ...trained[i % 100]!, metric: `m${i}` }))
  const store = createModelStore(openStorage('local://./models', { projectDir: project }))
  await store.publish('bench', { spec: defaultSpec, created: timeOf(HISTORY), results })
}

/** Real runs of real jobs on a project of SQLite files. */
export const benchmark: Benchmark = async () => [
  ...(await inScratchFolder(whole)),
  ...(await inScratchFolder(wholeByDefault)),
  ...(await inScratchFolder(onePoint)),
]

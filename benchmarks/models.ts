import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRandom, hashText } from '../src/core/random.ts'
import type { Series } from '../src/core/series.ts'
import { createModelPool, type ModelPool, type ScoreItem, type TrainItem } from '../src/models/model-pool.ts'
import type { ModelSpec } from '../src/models/model-spec.ts'
import { createModelStore, type ModelStore } from '../src/models/model-store.ts'
import { createReplayer } from '../src/models/replay.ts'
import { openStorage } from '../src/storages/index.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)
const THREADS = 2
const HISTORY = 2500
const SCORED = 25
const CONTEXT = 40
/** Metrics read from the bundle and scored at a time. */
const BATCH = 500

const spec: ModelSpec = {
  detectors: [
    { name: 'PCA', tag: 'pca_default', params: { contamination: 0.01 } },
    { name: 'KNN', tag: 'knn_default', params: { contamination: 0.01 } },
  ],
  combination: 'mean',
  preprocess: { diff_n: 1, smooth_n: 3, lags_n: 5, freq: null, freq_agg: 'mean' },
  minPoints: 14,
  scoreRounding: 4,
  seed: 0,
}

/** A seasonal series with noise and some spikes, of its own for each name. */
function makeSeries(name: string, points: number): Series {
  const random = createRandom(hashText(name))
  const timestamps = new Float64Array(points)
  const values = new Float64Array(points)
  let level = 100 + random.int(1000)
  for (let i = 0; i < points; i++) {
    level += random.next() - 0.5
    timestamps[i] = START + i * 5 * MINUTE
    const noise = random.next() + random.next() + random.next() - 1.5
    const spike = random.next() < 0.002 ? 50 : 0
    values[i] = Math.round((level + 20 * Math.sin((i / 288) * 2 * Math.PI) + 4 * noise + spike) * 1e4) / 1e4
  }
  return { timestamps, values }
}

function newest({ timestamps, values }: Series, count: number): Series {
  return { timestamps: timestamps.slice(-count), values: values.slice(-count) }
}

const seconds = (since: number) => (performance.now() - since) / 1000
const megabytes = () => Math.round(process.memoryUsage.rss() / 1024 / 1024)

export interface BenchResult {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target?: string
}

/** Scores `points` newest points of each metric with its published model, a part of the batch at a time. */
async function scoreAll(
  pool: ModelPool,
  store: ModelStore,
  batch: string,
  series: ReadonlyMap<string, Series>,
  points: number,
) {
  const bundle = (await store.latest(batch))!
  const names = [...bundle.entries.keys()]
  let scored = 0
  for (let start = 0; start < names.length; start += BATCH) {
    const some = names.slice(start, start + BATCH)
    const models = await bundle.read(some)
    const items = some.map((metric): ScoreItem => {
      const points_ = series.get(metric)!
      const from = points_.timestamps.at(-points)!
      return { metric, model: models.get(metric) as Uint8Array, series: points_, from }
    })
    for (const result of await pool.score(bundle.spec, items))
      scored += result.status === 'scored' ? result.scored.timestamps.length : 0
  }
  return scored
}

async function trainAndScore(results: BenchResult[], folder: string): Promise<void> {
  const pool = createModelPool({ threads: THREADS })
  const store = createModelStore(openStorage('local://./models', { projectDir: folder }))
  const items = Array.from(
    { length: 1000 },
    (_, i): TrainItem => ({ metric: `m${i}`, series: makeSeries(`m${i}`, HISTORY) }),
  )
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, megabytes())
  }, 20)

  let since = performance.now()
  const trained = await pool.train(spec, items)
  results.push({ name: '1,000 metrics x 2,500 points: train', value: seconds(since), unit: 's' })
  const bytes = trained.reduce(
    (sum, result) => sum + (result.status === 'fitted' ? result.bytes.length : 0),
    0,
  )
  results.push({ name: 'model of a metric', value: bytes / items.length / 1024, unit: 'KB', target: '<= 64' })

  since = performance.now()
  await store.publish('bench', { spec, created: START, results: trained })
  results.push({ name: 'publish their bundle', value: seconds(since), unit: 's' })

  since = performance.now()
  const recent = new Map(items.map(({ metric, series }) => [metric, newest(series, CONTEXT)]))
  await scoreAll(pool, store, 'bench', recent, SCORED)
  results.push({ name: `1,000 metrics x ${SCORED} points: score`, value: seconds(since), unit: 's' })
  results.push({
    name: 'peak memory of the process so far',
    value: Math.max(peak, megabytes()),
    unit: 'MB',
    target: '< 400',
  })

  since = performance.now()
  await pool.score(
    spec,
    trained.flatMap((result, i) =>
      result.status === 'fitted'
        ? [{ metric: result.metric, model: result.bytes, series: items[i]!.series, reasonsFrom: 0.5 }]
        : [],
    ),
  )
  results.push({ name: '1,000 metrics x 2,500 points: score all', value: seconds(since), unit: 's' })

  // Ten metrics for each that was trained: the time to score does not depend on their differing.
  const many = trained.flatMap((result) =>
    result.status === 'fitted'
      ? Array.from({ length: 10 }, (_, k) => ({ ...result, metric: `${result.metric}-${k}` }))
      : [],
  )
  await store.publish('many', { spec, created: START, results: many })
  const manyRecent = new Map(many.map(({ metric }) => [metric, recent.get(metric.split('-')[0]!)!]))
  const fresh = createModelStore(openStorage('local://./models', { projectDir: folder }))
  since = performance.now()
  await scoreAll(pool, fresh, 'many', manyRecent, 1)
  results.push({
    name: '10,000 metrics x 1 new point: read models and score',
    value: seconds(since),
    unit: 's',
    target: '< 20',
  })
  clearInterval(watch)
  results.push({ name: 'peak memory of the process', value: Math.max(peak, megabytes()), unit: 'MB' })
  await pool.close()
}

function replay(results: BenchResult[]): void {
  const series = makeSeries('replayed', 60_000)
  const replayer = createReplayer(spec, {
    metric: 'replayed',
    maxPoints: HISTORY,
    maxAgeMs: Number.POSITIVE_INFINITY,
  })
  const since = performance.now()
  for (let i = 0; i < 60000; i++) replayer.push(series.timestamps[i]!, series.values[i]!)
  results.push({
    name: 'replay, one thread',
    value: series.timestamps.length / seconds(since),
    unit: 'points/s',
    target: '>= 20,000',
  })
}

/** Training, scoring, bundles and replay with the default detectors. */
export async function modelsBench(): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'anomstack-bench-'))
  const results: BenchResult[] = []
  try {
    await trainAndScore(results, folder)
    replay(results)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return results
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  for (const { name, value, unit, target } of await modelsBench())
    process.stdout.write(
      `${name}: ${value.toFixed(value < 100 ? 2 : 0)} ${unit}${target ? ` (target ${target})` : ''}\n`,
    )

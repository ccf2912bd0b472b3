import type * as Pool from '../src/models/model-pool.ts'
import type { ScoreItem, TrainItem } from '../src/models/model-pool.ts'
import type * as Store from '../src/models/model-store.ts'
import type * as Replay from '../src/models/replay.ts'
import type * as Storages from '../src/storages/index.ts'
import { built } from './built.ts'
import { type Benchmark, type Measurement, timed } from './measurement.ts'
import { defaultSpec, makeSeries, newest, START } from './samples.ts'
import { inScratchFolder } from './scratch-folder.ts'

const THREADS = 2
const METRICS = 1000
const HISTORY = 2500
const SCORED = 25
const CONTEXT = 40
const REPLAYED = 60_000

async function trainAndScore(folder: string): Promise<Measurement[]> {
  const { createModelPool } = await built<typeof Pool>('models/model-pool.js')
  const { createModelStore } = await built<typeof Store>('models/model-store.js')
  const { openStorage } = await built<typeof Storages>('storages/index.js')
  const pool = createModelPool({ threads: THREADS })
  const store = createModelStore(openStorage('local://./models', { projectDir: folder }))
  const items = Array.from(
    { length: METRICS },
    (_, i): TrainItem => ({ metric: `m${i}`, series: makeSeries(`m${i}`, HISTORY) }),
  )
  const train = await timed(() => pool.train(defaultSpec, items))
  const fitted = train.result.flatMap((result) => (result.status === 'fitted' ? [result] : []))
  const bytes = fitted.reduce((sum, result) => sum + result.bytes.length, 0)
  const publish = await timed(() =>
    store.publish('bench', { spec: defaultSpec, created: START, results: fitted }),
  )
  const score = await timed(async () => {
    const bundle = (await store.latest('bench'))!
    const models = await bundle.read(items.map(({ metric }) => metric))
    const scored = items.map(({ metric, series }): ScoreItem => {
      const recent = newest(series, CONTEXT)
      return {
        metric,
        model: models.get(metric) as Uint8Array,
        series: recent,
        from: recent.timestamps.at(-SCORED)!,
      }
    })
    return pool.score(bundle.spec, scored)
  })
  await pool.close()
  return [
    { name: '1,000 metrics x 2,500 points: train', value: train.seconds, unit: 's' },
    { name: 'model of a metric', value: bytes / fitted.length / 1024, unit: 'KB', target: { most: 64 } },
    { name: '1,000 metrics: publish their bundle', value: publish.seconds, unit: 's' },
    { name: '1,000 metrics x 25 points: read models and score', value: score.seconds, unit: 's' },
  ]
}

async function replay(): Promise<Measurement> {
  const { createReplayer } = await built<typeof Replay>('models/replay.js')
  const { timestamps, values } = makeSeries('replayed', REPLAYED)
  const maxAgeMs = Number.POSITIVE_INFINITY
  const replayer = createReplayer(defaultSpec, { metric: 'replayed', maxPoints: HISTORY, maxAgeMs })
  const { seconds } = await timed(() => {
    for (let i = 0; i < REPLAYED; i++) replayer.push(timestamps[i]!, values[i]!)
  })
  return { name: 'replay, one thread', value: REPLAYED / seconds, unit: 'points/s' }
}

/** Training, scoring, bundles and replay with the default detectors. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => [...(await trainAndScore(folder)), await replay()])

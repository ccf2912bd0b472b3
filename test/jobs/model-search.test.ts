import { describe, expect, it } from 'vitest'
import { createProject, openApp, type ProjectApp } from '../project.ts'
import { batchYaml, justAfter, MINUTE, START } from './series.ts'

const POINTS = 300
const NAMES = Array.from({ length: 6 }, (_, i) => `m${i}`)
const DAY_MINUTES = 1440

/** Metrics with a season of seven points: plain to who looks at eight values, and noise to who looks at one. */
function seasonalSql(): string {
  const rows = NAMES.flatMap((name, at) =>
    Array.from({ length: POINTS }, (_, i) => {
      const noise = Math.sin(i * 12.9898 + at * 78.233) * 43_758.5453
      const value = 100 + 20 * Math.sin((2 * Math.PI * i) / 7) + (noise - Math.floor(noise))
      return `(${START + i * MINUTE}, '${name}', ${value})`
    }),
  )
  return `select * from (with v(t, n, x) as (values ${rows.join(', ')}) select t as metric_timestamp, n as metric_name, x as metric_value from v) as s`
}

const POOR = 'model_configs: [{model_name: MAD}]\npreprocess_params: {diff_n: 0, smooth_n: 0, lags_n: 0}\n'
const SEARCH = `model_search:
  method: grid
  trials: 10
  every_days: 2
  together: 1
  detectors: [{model_name: KNN, model_params: {n_neighbors: [3, 5]}}]
  diff_n: [0]
  smooth_n: [0]
  lags_n: [0, 7]
`

async function openBatch(more: string) {
  const dir = await createProject({
    'a.yaml': batchYaml('a', `run_retries: 0\n${more}`),
    'a.sql': seasonalSql(),
  })
  const opened = await openApp(dir)
  expect(opened.app.project.faults).toEqual([])
  return opened
}

const modelsOf = async ({ app }: ProjectApp) => (await app.models(app.project.batches.get('a')!).latest('a'))!

describe('a search for models in training', () => {
  it('takes what is better on points that it was not fitted to, and scores with it', async () => {
    const opened = await openBatch(POOR + SEARCH)
    const { status, steps } = await opened.run('pipeline', 'a', justAfter(POINTS))
    expect(status).toBe('succeeded')
    const found = steps.find(({ name }) => name === 'train/search models')?.result
    expect(found).toMatchObject({ trials: 4, metrics: 6, changed: 1 })
    const { spec } = await modelsOf(opened)
    expect(spec.detectors).toMatchObject([{ name: 'KNN' }])
    expect(spec.preprocess).toMatchObject({ diff_n: 0, smooth_n: 0, lags_n: 7 })
    expect(spec.choice!.precision).toBeGreaterThan(spec.choice!.precisionBefore + 0.1)
    const { values } = await opened.points('a', 'm0', 'score')
    expect(values.length).toBeGreaterThan(0)
  })

  it('holds for its days, and is made again after them or when its settings change', async () => {
    const opened = await openBatch(POOR + SEARCH)
    const searched = async (at: number) => {
      const { steps } = await opened.run('train', 'a', at)
      return steps.some(({ name }) => name === 'search models')
    }
    await opened.run('ingest', 'a', justAfter(POINTS))
    expect(await searched(justAfter(POINTS))).toBe(true)
    expect(await searched(justAfter(POINTS + DAY_MINUTES))).toBe(false)
    expect((await modelsOf(opened)).spec.detectors).toMatchObject([{ name: 'KNN' }])
    expect(await searched(justAfter(POINTS + 2 * DAY_MINUTES))).toBe(true)
  })

  it('keeps what the settings say where nothing is better', async () => {
    const good =
      'model_configs: [{model_name: KNN}]\npreprocess_params: {diff_n: 0, smooth_n: 0, lags_n: 7}\n'
    const opened = await openBatch(good + SEARCH.replace('lags_n: [0, 7]', 'lags_n: [0]'))
    const { steps } = await opened.run('pipeline', 'a', justAfter(POINTS))
    expect(steps.find(({ name }) => name === 'train/search models')?.result).toMatchObject({ changed: 0 })
    const { spec } = await modelsOf(opened)
    expect(spec.preprocess.lags_n).toBe(7)
    expect(spec.choice!.precision).toBe(spec.choice!.precisionBefore)
  })

  it('decides for all parts of a batch that is divided', async () => {
    const opened = await openBatch(`${POOR}${SEARCH}fan_out_n: 2\n`)
    const { status } = await opened.run('pipeline', 'a', justAfter(POINTS))
    expect(status).toBe('succeeded')
    const bundle = await modelsOf(opened)
    expect(bundle.spec.detectors).toMatchObject([{ name: 'KNN' }])
    for (const name of NAMES) expect((await bundle.read([name])).get(name), name).toBeInstanceOf(Uint8Array)
    for (const name of NAMES)
      expect((await opened.points('a', name, 'score')).values.length).toBeGreaterThan(0)
  })
})

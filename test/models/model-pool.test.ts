import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { fitMetric } from '../../src/models/metric-model.ts'
import { createModelPool, type TrainItem, type TrainResult } from '../../src/models/model-pool.ts'
import { replaySeries } from '../../src/models/replay-series.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { defaultSpec, makeSeries } from './samples.ts'

const pool = createModelPool({ threads: 2 })
afterAll(() => pool.close())

const item = (metric: string, points: number, seed = 1): TrainItem => ({
  metric,
  series: makeSeries(points, seed),
})
const bytesOf = (result: TrainResult | undefined) => {
  if (result?.status !== 'fitted') throw new Error(`not fitted: ${result?.status}`)
  return result.bytes
}

describe('train', () => {
  it('gives one result for each metric, in order, the same as without threads', async () => {
    const items = Array.from({ length: 40 }, (_, i) => item(i % 2 ? `m/${i}` : `🔥"${i}`, 5 + i * 3, i))
    const results = await pool.train(defaultSpec, items)
    expect(results.map((result) => result.status)).toEqual(
      items.map(({ series }) => (series.values.length < 14 ? 'learning' : 'fitted')),
    )
    items.forEach(({ metric, series }, i) => {
      const alone = fitMetric(series, defaultSpec, { metric })
      if (alone.status === 'learning') expect(results[i]).toEqual({ ...alone, metric })
      else expect(bytesOf(results[i])).toEqual(encodeModel(alone.model))
    })
  })

  it('leaves the arrays of the caller usable, parts of larger ones too', async () => {
    const whole = makeSeries(200)
    const series = { timestamps: whole.timestamps.subarray(50, 150), values: whole.values.subarray(50, 150) }
    const [result] = await pool.train(defaultSpec, [{ metric: 'm', series }])
    expect(result).toMatchObject({
      status: 'fitted',
      count: 100,
      from: whole.timestamps[50],
      to: whole.timestamps[149],
      problems: [],
    })
    expect(whole.values).toHaveLength(200)
    expect(series.values[0]).toBe(whole.values[50])
  })

  it('does the same whatever the order of the metrics', async () => {
    const spec = {
      ...defaultSpec,
      detectors: [{ name: 'IForest', tag: 'trees', params: { n_estimators: 10 } }],
    }
    const items = Array.from({ length: 6 }, (_, i) => item(`m${i}`, 60, 3))
    const forth = await pool.train(spec, items)
    const back = await pool.train(spec, [...items].reverse())
    forth.forEach((result, i) => {
      expect(bytesOf(result)).toEqual(bytesOf(back[5 - i]))
    })
  })

  it('of nothing is nothing', async () => {
    expect(await pool.train(defaultSpec, [])).toEqual([])
    expect(await pool.score(defaultSpec, [])).toEqual([])
  })

  it('uses rows of the batch’s own preprocessing', async () => {
    const { metric, series } = item('m', 50)
    const features = { timestamps: series.timestamps, data: series.values, columns: 1, names: ['v'] }
    const [result] = await pool.train(defaultSpec, [{ metric, series, features }])
    expect(decodeModel(bytesOf(result)).columns).toBe(1)
  })
})

describe('score', () => {
  it('gives what scoring without threads gives, of the wanted points', async () => {
    const { series } = item('m', 120)
    const [trained] = await pool.train(defaultSpec, [{ metric: 'm', series }])
    const model = bytesOf(trained)
    const wanted = new Set([series.timestamps[100]!, series.timestamps[119]!])
    const from = series.timestamps[110]!
    const results = await pool.score(defaultSpec, [
      { metric: 'a', model, series },
      { metric: 'b', model, series, from },
      { metric: 'c', model, series, wanted },
    ])
    const alone = decodeModel(model)
    expect(results.map((result) => (result.status === 'scored' ? result.scored : result.error))).toEqual([
      scoreMetric(alone, defaultSpec, series),
      scoreMetric(alone, defaultSpec, series, { from }),
      scoreMetric(alone, defaultSpec, series, { wanted }),
    ])
    expect(model.length).toBeGreaterThan(0)
  })
})

describe('replay', () => {
  it('gives what replaying without threads gives, and a model', async () => {
    const { series } = item('m', 150)
    const given = { maxPoints: 100, maxAgeMs: Number.POSITIVE_INFINITY }
    const [result] = await pool.replay(defaultSpec, [{ metric: 'm', series }], given)
    if (result?.status !== 'replayed') throw new Error(result?.status)
    const alone = replaySeries(series, defaultSpec, { ...given, metric: 'm' })
    expect(result.scored).toEqual(alone.scored)
    const refitted = alone.refit()
    expect(bytesOf(result.trained)).toEqual(
      refitted.status === 'fitted' ? encodeModel(refitted.model) : undefined,
    )
  })
})

describe('faults', () => {
  it('cancels at once, also what has begun, and goes on working afterwards', async () => {
    const items = Array.from({ length: 200 }, (_, i) => item(`m${i}`, 2500, i))
    const controller = new AbortController()
    const running = pool.train(defaultSpec, items, { signal: controller.signal })
    const first = await pool.train(defaultSpec, [item('first', 20)])
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
    expect(first[0]!.status).toBe('fitted')
    await expect(pool.train(defaultSpec, items, { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELED',
    })
    const reason = new AnomstackError('TIMED_OUT', 'too long')
    await expect(pool.train(defaultSpec, items, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect((await pool.train(defaultSpec, [item('after', 20)]))[0]!.status).toBe('fitted')
  })

  it('when closed rejects what is under way and what comes', async () => {
    const other = createModelPool({ threads: 1 })
    await other.close()
    await expect(other.train(defaultSpec, [item('m', 20)])).rejects.toMatchObject({ code: 'CANCELED' })
    const third = createModelPool({ threads: 1 })
    const running = third.train(
      defaultSpec,
      Array.from({ length: 100 }, (_, i) => item(`m${i}`, 2500)),
    )
    const outcome = expect(running).rejects.toMatchObject({ code: 'CANCELED' })
    await third.close()
    await outcome
  })

  it('does not keep a process alive', () => {
    const script = `
      const { createModelPool } = await import(${JSON.stringify(new URL('../../src/models/model-pool.ts', import.meta.url).href)})
      const { defaultSpec, makeSeries } = await import(${JSON.stringify(new URL('./samples.ts', import.meta.url).href)})
      const pool = createModelPool({ threads: 1, idleMs: 3_600_000 })
      const [result] = await pool.train(defaultSpec, [{ metric: 'm', series: makeSeries(20) }])
      console.log(result.status)`
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 50_000,
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    })
    expect({ status: run.status, signal: run.signal, out: run.stdout.trim() }).toEqual({
      status: 0,
      signal: null,
      out: 'fitted',
    })
  })
})

describe('bugs of the original', () => {
  it('2.2 train: one metric that cannot train does not abort the batch', async () => {
    const spec = { ...defaultSpec, minPoints: 9, detectors: [{ name: 'KNN', tag: 'k', params: {} }] }
    const bad = {
      metric: 'bad',
      series: {
        timestamps: makeSeries(60).timestamps,
        values: new Float64Array(60).fill(Number.POSITIVE_INFINITY),
      },
    }
    const results = await pool.train(spec, [item('a', 60), item('few', 10), bad, item('b', 60)])
    expect(results.map(({ status }) => status)).toEqual(['fitted', 'failed', 'failed', 'fitted'])
    expect(results[1]).toMatchObject({ error: { code: 'TRAINING_IMPOSSIBLE', at: { metric: 'few' } } })
    const error = results[1]!.status === 'failed' ? results[1]!.error : undefined
    expect(error).toBeInstanceOf(AnomstackError)
    expect(error!.message).toMatch(/^metric "few": /)
  })

  it('2.3 BUG B: a metric whose model cannot be read does not abort the scoring of the batch', async () => {
    const { series } = item('m', 60)
    const [trained] = await pool.train(defaultSpec, [{ metric: 'm', series }])
    const model = bytesOf(trained)
    const results = await pool.score(defaultSpec, [
      { metric: 'a', model, series },
      { metric: 'none', model: new Uint8Array(), series },
      { metric: 'damaged', model: model.map((byte, i) => (i === 200 ? byte ^ 1 : byte)), series },
      { metric: 'b', model, series },
    ])
    expect(results.map(({ status }) => status)).toEqual(['scored', 'failed', 'failed', 'scored'])
    expect(results[2]).toMatchObject({
      metric: 'damaged',
      error: { code: 'MODEL_INVALID', at: { metric: 'damaged' } },
    })
  })
})

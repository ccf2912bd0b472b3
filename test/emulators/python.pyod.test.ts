import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { findDetector } from '../../src/detectors/index.ts'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { detectorPython } from '../../src/models/detector-python.ts'
import { fitMetric } from '../../src/models/metric-model.ts'
import { createModelPool } from '../../src/models/model-pool.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { replaySeries } from '../../src/models/replay-series.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { gaussianRows, rowOf } from '../detectors/samples.ts'
import { defaultSpec, makeSeries } from '../models/samples.ts'

const python = process.env.ANOMSTACK_TEST_PYTHON ?? ''
if (python === '')
  throw new Error('ANOMSTACK_TEST_PYTHON is not set: start these tests with npm run test:emulators')

const settings = { command: python, timeoutMs: 60_000, memoryMb: 256 }

const theirs = (path: string, params: Readonly<Record<string, unknown>> = {}) => {
  const detector = findDetector(path)!
  const process = detectorPython(settings)
  const learn = (data = gaussianRows(200, 4)) =>
    detector.fit(data, detector.options.parse(params), { random: createRandom(7), python: process })
  return { detector, learn, process }
}
const test = gaussianRows(30, 4, 2)

describe('detectors of PyOD', () => {
  it.each([
    ['pyod.models.knn.KNN', 'KNN', {}, 1e-14],
    ['pyod.models.knn.KNN', 'KNN', { n_neighbors: 9, method: 'mean' }, 1e-14],
    ['pyod.models.pca.PCA', 'PCA', {}, 1e-9],
  ])('%s gives what our %s gives with %o', (path, name, params, tolerance) => {
    const own = findDetector(name)!
    const data = gaussianRows(200, 4)
    const ours = own.fit(data, own.options.parse(params), { random: createRandom(7) })
    const fitted = theirs(path, params).learn(data)
    const near = (a: Float64Array, b: Float64Array) =>
      expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!) / Math.abs(b[i]!)))).toBeLessThan(
        tolerance,
      )
    near(ours.trainScores, fitted.trainScores)
    near(ours.model.score(test), fitted.model.score(test))
  })

  it.each([
    'pyod.models.ecod.ECOD',
    'pyod.models.iforest.IForest',
    'pyod.models.lof.LOF',
    'pyod.models.hbos.HBOS',
  ])('%s is restored bit for bit, and judges each row by itself', (path) => {
    const { detector, learn, process } = theirs(path)
    const { model, trainScores, threshold } = learn()
    expect(trainScores).toHaveLength(200)
    expect(threshold).toBeGreaterThan(Math.min(...trainScores))
    const scores = model.score(test)
    // Another process has to fit again.
    const elsewhere = detectorPython({ ...settings, memoryMb: 257 })
    for (const python of [process, elsewhere])
      expect(detector.restore(structuredClone(model.state), { python }).score(test)).toEqual(scores)
    expect(model.score(rowOf(test, 3))[0]).toBe(scores[3])
    expect(model.score({ data: new Float64Array(), rows: 0, columns: 4 })).toHaveLength(0)
    expect(learn().trainScores).toEqual(trainScores)
  })

  it.each([
    [
      'pyod.models.knn.KNN',
      { n_neighbours: 3 },
      /pyod.models.knn.KNN does not take these parameters: .*n_neighbours/,
    ],
    ['pyod.models.knn.KNN', { contamination: 2 }, /contamination/],
    ['pyod.models.nothing.Nothing', {}, /PyOD has no module pyod.models.nothing/],
    ['pyod.models.knn.Nothing', {}, /pyod.models.knn has no detector Nothing/],
    ['pyod.models.base.BaseDetector', {}, /pyod.models.base.BaseDetector/],
  ])('%s with %o cannot be trained', (path, params, problem) => {
    expect(() => theirs(path, params).learn()).toThrow(problem)
    expect(theirs('pyod.models.knn.KNN').learn().trainScores).toHaveLength(200)
  })

  it('says when the libraries have changed since', () => {
    const { detector, learn, process } = theirs('pyod.models.knn.KNN')
    const { state } = learn().model
    expect(state.versions).toMatch(/^pyod 3\.6\.7, numpy 2\.4\.6/)
    const older = detector.restore({ ...state, versions: 'pyod 1.0' }, { python: process })
    expect(() => older.score(test)).toThrow(
      /was fitted with pyod 1.0, and Python has pyod 3.6.7.*: train it again/,
    )
    expect(() => older.score(gaussianRows(2, 3))).toThrow(/rows of 4 columns and was given 3/)
    for (const broken of [
      {},
      { ...state, params: '{' },
      { ...state, train: new Float64Array() },
      { ...state, seed: 'x' },
    ])
      expect(() => detector.restore(broken)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  })

  const spec: ModelSpec = {
    ...defaultSpec,
    detectors: [
      { name: 'pyod.models.ecod.ECOD', tag: 'ecod', params: {} },
      { name: 'KNN', tag: 'knn', params: {} },
    ],
    python: settings,
  }

  it('stands in a model like any other: stored, restored, and replayed', () => {
    const series = makeSeries(120)
    const result = fitMetric(series, spec, { metric: 'orders' })
    if (result.status !== 'fitted') throw new Error('not fitted')
    const bytes = encodeModel(result.model)
    const scored = scoreMetric(decodeModel(bytes, settings), spec, series)
    expect(scored).toEqual(scoreMetric(result.model, spec, series))
    expect(() => scoreMetric(decodeModel(bytes), spec, series)).toThrow(/runs in Python, and none was given/)
    const options = { metric: 'orders', maxPoints: 500, maxAgeMs: 1e12 }
    const { scored: replayed } = replaySeries(series, spec, options)
    expect(replayed.scores.length).toBeGreaterThan(80)
    expect(replaySeries(series, spec, options).scored).toEqual(replayed)
  })

  it('is trained and scored in threads, where what is wrong is told by metric and class', async () => {
    const pool = createModelPool({ threads: 2 })
    try {
      const items = Array.from({ length: 6 }, (_, i) => ({ metric: `m${i}`, series: makeSeries(60, i) }))
      const trained = await pool.train(spec, items)
      const scored = await pool.score(
        spec,
        trained.map((result, i) => {
          if (result.status !== 'fitted') throw new Error(JSON.stringify(result))
          return { ...items[i]!, model: result.bytes }
        }),
      )
      for (const [index, result] of scored.entries()) {
        const alone = fitMetric(items[index]!.series, spec, { metric: `m${index}` })
        if (result.status !== 'scored' || alone.status !== 'fitted') throw new Error(JSON.stringify(result))
        expect(result.scored).toEqual(scoreMetric(alone.model, spec, items[index]!.series))
      }
      const wrong = { ...spec, detectors: [{ name: 'pyod.models.lof.LOF', tag: 'lof', params: { k: 3 } }] }
      const [failed] = await pool.train(wrong, items.slice(0, 1))
      if (failed?.status !== 'failed') throw new Error('it was trained')
      expect(failed.error).toMatchObject({ code: 'TRAINING_IMPOSSIBLE', at: { metric: 'm0' } })
      expect(failed.error.problem).toMatch(
        /lof is left out: pyod.models.lof.LOF does not take these parameters/,
      )
    } finally {
      await pool.close()
    }
  })

  it('is stopped when it takes too long or too much', () => {
    const slow = detectorPython({ ...settings, timeoutMs: 1 })
    const { detector } = theirs('pyod.models.knn.KNN')
    const learn = (process: ReturnType<typeof detectorPython>) =>
      detector.fit(gaussianRows(50, 2), {}, { random: createRandom(1), python: process })
    expect(() => learn(slow)).toThrow(/ran longer than 0.001 s and was stopped/)
    const absent = detectorPython({ ...settings, command: '/nowhere/python' })
    for (let time = 0; time < 2; time++)
      expect(() => learn(absent)).toThrow(/pyod.models.knn.KNN: there is no Python at \/nowhere\/python/)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BatchSettings, batchSettings } from '../../src/config/batch-settings.ts'
import type { Series } from '../../src/core/series.ts'
import type { Points } from '../../src/databases/database.ts'
import { modelSpecOf } from '../../src/jobs/model-spec-of.ts'
import { scoreRows } from '../../src/jobs/score-rows.ts'
import { unscored } from '../../src/jobs/unscored.ts'
import { reachOf } from '../../src/models/detector-rows.ts'
import { judgedSeries } from '../../src/models/judged-series.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import { MINUTE, START } from '../jobs/series.ts'

interface Stored {
  readonly score: number
  readonly metadata: string
}

/** Scores by timestamp, as the metrics table keeps them. */
type Table = Map<number, Stored>

const prefix = ({ timestamps, values }: Series, length: number): Series => ({
  timestamps: timestamps.slice(0, length),
  values: values.slice(0, length),
})

function pointsOf(table: Table): Points {
  const rows = [...table].sort(([a], [b]) => a - b)
  return {
    timestamps: Float64Array.from(rows, ([timestamp]) => timestamp),
    values: Float64Array.from(rows, ([, { score }]) => score),
    metadata: rows.map(([, { metadata }]) => metadata),
  }
}

/** One run of scoring: what has no score yet, or one of another value; returns how many rows it wrote. */
function scoreOnce(model: MetricModel, series: Series, settings: BatchSettings, table: Table): number {
  const spec = modelSpecOf(settings)
  const judged = judgedSeries(series, spec.preprocess)
  const wanted = new Set(unscored(judged, judged.timestamps.length, pointsOf(table), settings))
  const scored = scoreMetric(model, spec, series, { wanted })
  const rows = [...scoreRows('b', 'm', scored, 0)]
  for (const { timestamp, value, metadata } of rows) table.set(timestamp, { score: value, metadata })
  return rows.length
}

const cases = fc.record({
  preprocess: fc.record({
    diff_n: fc.integer({ min: 0, max: 2 }),
    smooth_n: fc.integer({ min: 1, max: 4 }),
    lags_n: fc.integer({ min: 0, max: 6 }),
    freq: fc.constantFrom(null, '5min', '10min'),
    freq_agg: fc.constantFrom('mean' as const, 'sum' as const),
  }),
  detector: fc.constantFrom('PCA', 'KNN', 'MAD', 'IForest', 'SubKNN', 'SpectralResidual'),
  gaps: fc.array(fc.constantFrom(1, 1, 1, 1, 2, 7), { minLength: 130, maxLength: 180 }),
  values: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 180, maxLength: 180 }),
  steps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 40 }),
})

const LEARNED = 100
/** Their rows are windows of raw values: beside them another detector judges the points that have none yet. */
const WINDOWS = new Set(['SubKNN', 'SpectralResidual'])

type Case = typeof cases extends fc.Arbitrary<infer Given> ? Given : never

function prepared({ preprocess, detector, gaps, values }: Case) {
  const settings = batchSettings.parse({
    preprocess_params: preprocess,
    // MAD judges single values.
    model_configs: [
      { model_name: detector, ...(detector === 'IForest' ? { model_params: { n_estimators: 10 } } : {}) },
      ...(WINDOWS.has(detector) ? [{ model_name: 'KNN' }] : []),
    ],
    score_max_n: 200,
    train_min_n: 8,
  })
  let at = START
  const timestamps = Float64Array.from(gaps, (gap) => (at += gap * MINUTE))
  const series = { timestamps, values: Float64Array.from(values.slice(0, gaps.length)) }
  let fitted: ReturnType<typeof fitMetric> | undefined
  try {
    fitted = fitMetric(prefix(series, LEARNED), modelSpecOf(settings), { metric: 'm' })
  } catch {
    // Nothing can be fitted to such rows: not what this is about.
  }
  fc.pre(fitted?.status === 'fitted')
  if (fitted?.status !== 'fitted') throw new Error('not fitted')
  return { settings, series, model: fitted.model }
}

describe('the scores of one model', () => {
  it('are the same whether points come a few at a time or all at once', () => {
    let compared = 0
    fc.assert(
      fc.property(cases, (given) => {
        const { settings, series, model } = prepared(given)
        const live: Table = new Map()
        for (let count = LEARNED, step = 0; count < series.timestamps.length; step++) {
          count = Math.min(series.timestamps.length, count + given.steps[step % given.steps.length]!)
          scoreOnce(model, prefix(series, count), settings, live)
        }
        const bulk: Table = new Map()
        compared += scoreOnce(model, series, settings, bulk)
        expect(live).toEqual(bulk)
        expect(scoreOnce(model, series, settings, live)).toBe(0)
      }),
      { numRuns: 60 },
    )
    expect(compared).toBeGreaterThan(1000)
  })

  it('are the same from the few points that a run loads as from the whole history', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { settings, series, model } = prepared({
          ...given,
          preprocess: { ...given.preprocess, freq: null },
        })
        const whole: Table = new Map()
        scoreOnce(model, series, settings, whole)
        const reach = reachOf(modelSpecOf(settings)) + 5
        const from = series.timestamps.length - reach
        const window = { timestamps: series.timestamps.slice(from), values: series.values.slice(from) }
        const few: Table = new Map()
        scoreOnce(model, window, settings, few)
        for (const timestamp of series.timestamps.slice(-5))
          expect(few.get(timestamp)).toEqual(whole.get(timestamp))
        expect(few.size).toBeGreaterThan(0)
      }),
      { numRuns: 40 },
    )
  })

  it('follow a restated value, once, and no other point of another value', () => {
    fc.assert(
      fc.property(cases, fc.nat(), (given, where) => {
        const { settings, series, model } = prepared({
          ...given,
          preprocess: { ...given.preprocess, freq: null },
        })
        const table: Table = new Map()
        scoreOnce(model, series, settings, table)
        const timestamps = [...table.keys()]
        const restated = timestamps[where % timestamps.length]!
        const changed = series.values.map((value, i) =>
          series.timestamps[i] === restated ? value + 0.5 : value,
        )
        expect(scoreOnce(model, { ...series, values: changed }, settings, table)).toBe(1)
        expect(JSON.parse(table.get(restated)!.metadata).value).toBe(
          changed[series.timestamps.indexOf(restated)],
        )
        expect(scoreOnce(model, { ...series, values: changed }, settings, table)).toBe(0)
        expect(table.size).toBe(timestamps.length)
      }),
      { numRuns: 40 },
    )
  })
})

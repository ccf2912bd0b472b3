import { describe, expect, it } from 'vitest'
import type { Matrix } from '../../src/detectors/detector.ts'
import type { Driver } from '../../src/models/drivers.ts'
import type { Expectation } from '../../src/models/expectation.ts'
import { explain } from '../../src/models/explain.ts'
import { scoreAndLearn } from '../../src/models/learning.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import type { ModelSpec } from '../../src/models/model-spec.ts'
import { scoreMetric } from '../../src/models/score-metric.ts'
import type { Features } from '../../src/timeseries/features.ts'
import { warmup } from '../../src/timeseries/preprocess.ts'
import { defaultSpec, makeSeries } from './samples.ts'

/** Steps are 0 on the average, give or take 1. */
const STEPS: Expectation = { diff: 1, centre: 0, spread: 1, width: 3 }
const SAID = [{ name: 'PCA', probability: 0.97 }]

describe('the sentence', () => {
  // The last step is of 1, the one three points before it of 8, and all others of 0.5.
  const values = Float64Array.of(0, 0.5, 1, 9, 9.5, 10, 11)
  const sentence = (driver: Driver | undefined, of = values) =>
    explain({ values: of, index: of.length - 1, window: 6, driver }, STEPS, SAID)
  const points = (back: number, mean = 1): Driver => ({ kind: 'points', back, points: mean, of: 'step' })

  it('looks at all points of the row where no detector says which', () => {
    expect(sentence(undefined)).toBe(
      'moved by +1 in one step, after a step of 8.0 times its usual spread 3 points before (PCA 0.97)',
    )
  })

  it('names no older point where the newest drove the score', () => {
    expect(sentence(points(0))).toBe('moved by +1 in one step, 1.0 times its usual spread (PCA 0.97)')
  })

  it('tells how odd the point is that a detector names', () => {
    for (const driver of [points(3), points(1, 3)])
      expect(sentence(driver)).toContain('after a step of 8.0 times its usual spread 3 points before')
  })

  it('names what a detector names where nothing odd is to be seen in it', () => {
    expect(sentence(points(2))).toBe(
      'moved by +1 in one step, 1.0 times its usual spread, mostly by its step 2 points before (PCA 0.97)',
    )
    expect(sentence({ kind: 'points', back: 1, points: 1, of: 'value' })).toContain(
      ', mostly by its value at the point before (',
    )
    expect(sentence(points(4, 2))).toContain(', mostly by the mean of its 2 steps up to 4 points before (')
    expect(sentence(points(1, 2))).toContain(', mostly by the mean of its 2 steps up to the point before (')
    expect(sentence({ kind: 'column', name: 'weekday' })).toBe(
      'moved by +1 in one step, 1.0 times its usual spread, mostly by "weekday" (PCA 0.97)',
    )
  })

  it('does not look away from an older point because the newest is unusual too', () => {
    const both = Float64Array.of(0, 0.5, 1, 9, 9.5, 10, 14)
    expect(sentence(points(0), both)).toContain('moved by +4 in one step, 4.0 times its usual spread (')
    expect(sentence(points(0, 4), both)).toContain('moved by +4 in one step, 4.0 times its usual spread (')
    expect(sentence(points(3), both)).toContain('after a step of 8.0 times its usual spread 3 points before')
    expect(sentence(undefined, both)).toContain('moved by +4 in one step, 4.0 times its usual spread (')
  })
})

const fitted = (series: ReturnType<typeof makeSeries>, spec: ModelSpec, features?: Features): MetricModel => {
  const result = fitMetric(series, spec, { metric: 'm', ...(features && { features }) })
  if (result.status !== 'fitted') throw new Error('learning')
  return result.model
}
const alone = (name: string, params: Record<string, unknown> = {}) => [{ name, tag: name, params }]

describe('the detectors', () => {
  const train = makeSeries(300)
  const preprocess = { ...defaultSpec.preprocess, diff_n: 0, smooth_n: 0, lags_n: 5 }
  const level = { ...defaultSpec, preprocess }
  const spiked = (at: number, by = 60) => {
    const series = makeSeries(60, 2)
    return { ...series, values: series.values.map((value, i) => (i === at ? value + by : value)) }
  }

  it.each(['KNN', 'PCA', 'LOF', 'HBOS', 'ECOD', 'IForest', 'MCD', 'CBLOF'])(
    '%s points to the odd value among the lags',
    (name) => {
      const spec = { ...level, detectors: alone(name) }
      const { reasons } = scoreMetric(fitted(train, spec), spec, spiked(56))
      expect(reasons.at(-1)).toContain(' 3 points before (')
    },
  )

  it.each(['SubKNN', 'SubPCA', 'MatrixProfile'])('%s points to the odd value in its window', (name) => {
    const spec = { ...level, detectors: alone(name, { window_size: 20 }) }
    const { reasons } = scoreMetric(fitted(train, spec), spec, spiked(48))
    expect(reasons.at(-1)).toContain(' 11 points before (')
  })

  it('are believed when nothing odd is to be seen in a single value', () => {
    // At a level of 90 a value of 100 is odd to its neighbours, and usual among all values.
    const low = makeSeries(300)
    const values = low.values.map((_, i) => (i % 60 < 30 ? 90 : 110) + (i % 3) / 10)
    const spec = { ...level, detectors: alone('KNN') }
    const query = { timestamps: low.timestamps, values: values.with(227, 100) }
    const { reasons } = scoreMetric(fitted({ ...low, values }, spec), spec, query)
    expect(reasons[230 - level.preprocess.lags_n]).toMatch(
      /^is 110\..* usual, \d\.\d times .*, mostly by its value 3 points before \(KNN/,
    )
  })

  it('speak of steps, and of means of them, where rows are made of these', () => {
    const preprocess = { ...defaultSpec.preprocess, diff_n: 1, smooth_n: 3, lags_n: 5 }
    const spec = { ...defaultSpec, preprocess, detectors: alone('KNN') }
    const model = fitted(train, spec)
    // So wide a spread that nothing is unusual to the expectation.
    const blind = { ...model, expectation: { ...model.expectation, spread: 1e6 } }
    const { timestamps, values } = makeSeries(60, 2)
    const shifted = { timestamps, values: values.map((value, i) => (i >= 51 ? value + 60 : value)) }
    // Of all steps that the row of point 58 is made of, the one at 51 is in the last column alone.
    const { reasons } = scoreMetric(blind, spec, shifted)
    expect(reasons[58 - warmup(preprocess)]).toContain(
      'mostly by the mean of its 3 steps up to 5 points before (KNN',
    )
  })

  it('are asked once each, for the points that get a reason, and only the strangest for each', () => {
    const spec = { ...level, detectors: [...alone('KNN'), ...alone('PCA')] }
    const model = fitted(train, spec)
    const asked: [string, number][] = []
    const watched = {
      ...model,
      detectors: model.detectors.map((detector) => ({
        ...detector,
        model: {
          ...detector.model,
          explain(rows: Matrix) {
            asked.push([detector.name, rows.rows])
            return detector.model.explain!(rows)
          },
        },
      })),
    }
    const { scores } = scoreMetric(watched, spec, spiked(56), { reasonsFrom: 0.9 })
    const reached = scores.filter((score) => score >= 0.9).length
    expect(reached).toBeGreaterThan(0)
    expect(asked.reduce((sum, [, rows]) => sum + rows, 0)).toBe(reached)
    expect(new Set(asked.map(([name]) => name)).size).toBe(asked.length)
    scoreMetric(watched, spec, spiked(56), { reasonsFrom: Number.POSITIVE_INFINITY })
    expect(asked.reduce((sum, [, rows]) => sum + rows, 0)).toBe(reached)
  })

  it('leave the sentence as it was where none can explain', () => {
    const spec = { ...level, detectors: alone('ABOD') }
    const { reasons } = scoreMetric(fitted(train, spec), spec, spiked(56))
    expect(reasons.at(-1)).toMatch(/after a value of .* 3 points before \(ABOD/)
  })

  it('are told by the names of the columns that the batch’s own preprocessing made', () => {
    const columnsOf = ({ timestamps, values }: ReturnType<typeof makeSeries>, names: readonly string[]) => ({
      timestamps,
      data: Float64Array.from(values.length === 0 ? [] : [...values].flatMap((_, i) => [i % 7, i % 5])),
      columns: 2,
      names,
    })
    const spec = { ...defaultSpec, detectors: alone('KNN') }
    const names = ['weekday', 'phase']
    const model = fitted(train, spec, columnsOf(train, names))
    const query = makeSeries(60, 2)
    const odd = (named: readonly string[]) => {
      const features = columnsOf(query, named)
      features.data[59 * 2 + 1] = 99
      return features
    }
    expect(scoreMetric(model, spec, query, { features: odd(names) }).reasons.at(-1)).toContain(
      ', mostly by "phase" (KNN 1.00)',
    )
    const learning = { features: odd(names), until: query.timestamps.at(-1)! }
    expect(scoreAndLearn({ ...model, to: 0 }, spec, query, learning).scored.reasons.at(-1)).toContain(
      ', mostly by "phase" (KNN 1.00)',
    )
    expect(scoreMetric(model, spec, query, { features: odd([]) }).reasons.at(-1)).not.toContain('mostly')
  })
})

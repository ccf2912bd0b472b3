import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { followShapes, measureShapes } from '../../../src/detectors/clustering/drifting-shapes.ts'
import { clusterShapes, type Draws } from '../../../src/detectors/clustering/k-shape.ts'
import type { DetectorDefinition } from '../../../src/detectors/detector.ts'
import { thresholdOf } from '../../../src/detectors/probability.ts'
import { matrixProfile } from '../../../src/detectors/series/matrix-profile.ts'
import { normaliseWindows } from '../../../src/detectors/series/nearest-window.ts'
import { saliency } from '../../../src/detectors/series/saliency.ts'
import { createShapeModel } from '../../../src/detectors/series/shape-model.ts'
import { subKnn } from '../../../src/detectors/series/sub-knn.ts'
import { subPca } from '../../../src/detectors/series/sub-pca.ts'
import { slidingWindows, timestampScores } from '../../../src/detectors/series/timestamp-scores.ts'
import { joinWindows } from '../../../src/detectors/series/windows.ts'
import { largestError, readGolden } from '../golden.ts'

const TOLERANCE = 1e-9

interface Case {
  readonly series: string
  readonly options: Readonly<Record<string, unknown>> & {
    readonly window_size?: number
    readonly score_aggregation?: 'max' | 'mean'
    readonly channel_aggregation?: 'max' | 'mean'
    readonly inner?: Readonly<Record<string, unknown>>
  }
  readonly train: readonly number[]
  readonly threshold: number
  readonly test?: readonly number[]
  readonly draws?: { readonly first: readonly number[]; readonly later: readonly number[] }
}

const known = readGolden<{ series: Record<string, { train: number[]; test: number[] }> }>(
  import.meta.url,
  'series',
).series
const casesOf = (name: string) => readGolden<{ cases: Case[] }>(import.meta.url, name).cases
const seriesOf = ({ series }: Case) => ({
  train: Float64Array.from(known[series]!.train),
  test: Float64Array.from(known[series]!.test),
})
const windowOf = ({ options }: Case) => options.window_size ?? 50

function expectSame(ours: ArrayLike<number>, theirs: readonly number[]): void {
  // A score that is zero but for rounding has no relative error.
  expect(largestError(ours, theirs, 1e-6 * Math.max(...theirs.map(Math.abs)))).toBeLessThan(TOLERANCE)
}

function expectTraining(ours: Float64Array, theirs: Case): void {
  expectSame(ours, theirs.train)
  expectSame([thresholdOf(ours, 0.1)], [theirs.threshold])
}

describe('SpectralResidual', () => {
  it.each(casesOf('spectral-residual'))('has the saliency of PyOD: $series, $options', (theirs) => {
    const { train, test } = seriesOf(theirs)
    const scoreWindow = Number(theirs.options.score_window ?? 3)
    expectTraining(saliency(train, scoreWindow), theirs)
    expectSame(saliency(test, scoreWindow), theirs.test!)
  })
})

/** A detector of windows, with its scores given to the points of the series. */
function learn(definition: DetectorDefinition, theirs: Case, { inner, ...others }: Case['options']) {
  const { score_aggregation: _, ...rest } = others
  const options = definition.options.parse({ ...rest, ...inner })
  const { train, test } = seriesOf(theirs)
  const window = windowOf(theirs)
  const { model, trainScores } = definition.fit(slidingWindows(train, window), options, {
    random: createRandom(1),
  })
  const aggregation = theirs.options.score_aggregation ?? theirs.options.channel_aggregation ?? 'max'
  return {
    trainScores: timestampScores(trainScores, window, aggregation),
    testScores: timestampScores(model.score(slidingWindows(test, window)), window, aggregation),
  }
}

describe('MatrixProfile', () => {
  it.each(casesOf('matrix-profile'))('has the profile of PyOD: $series, $options', (theirs) => {
    expectTraining(learn(matrixProfile, theirs, theirs.options).trainScores, theirs)
  })
})

describe.each([
  { definition: subKnn as DetectorDefinition, file: 'sub-knn' },
  { definition: subPca as DetectorDefinition, file: 'sub-pca' },
])('$definition.name', ({ definition, file }) => {
  it.each(casesOf(file))('has the scores of PyOD over windows: $series, $options', (theirs) => {
    const { trainScores, testScores } = learn(definition, theirs, theirs.options)
    expectTraining(trainScores, theirs)
    expectSame(testScores, theirs.test!)
  })
})

/** The draws that PyOD made of its generator, which ours has not. */
function drawsOf({ draws }: Case): Draws {
  const later = draws!.later.values()
  return { distinct: () => draws!.first, one: () => later.next().value! }
}

describe('KShape', () => {
  it.each(casesOf('kshape'))(
    'has the scores of PyOD from its first clusters: $series, $options',
    (theirs) => {
      const { train, test } = seriesOf(theirs)
      const window = windowOf(theirs)
      const windows = normaliseWindows(joinWindows(slidingWindows(train, window)))
      const to = windows.offsets.length
      const clusters = Number(theirs.options.n_clusters ?? 3)
      const centroids = clusterShapes({
        windows,
        from: 0,
        to,
        clusters,
        iterations: 100,
        draws: drawsOf(theirs),
      })
      const distances = new Float64Array(to)
      measureShapes(windows, { from: 0, to, centroids }, distances)
      expectTraining(timestampScores(distances, window, 'max'), theirs)
      const model = createShapeModel('KShape', centroids)
      expectSame(timestampScores(model.score(slidingWindows(test, window)), window, 'max'), theirs.test!)
    },
  )
})

describe('SAND', () => {
  it.each(casesOf('sand'))('has the scores of PyOD from its first clusters: $series, $options', (theirs) => {
    const { train, test } = seriesOf(theirs)
    const window = windowOf(theirs)
    const { centroids, distances } = followShapes(
      normaliseWindows(joinWindows(slidingWindows(train, window))),
      {
        clusters: Number(theirs.options.n_clusters ?? 5),
        iterations: 50,
        batch: Number(theirs.options.batch_size ?? 100),
        alpha: Number(theirs.options.alpha ?? 0.5),
        draws: () => drawsOf(theirs),
      },
    )
    expectTraining(timestampScores(distances, window, 'max'), theirs)
    const model = createShapeModel('SAND', centroids)
    expectSame(timestampScores(model.score(slidingWindows(test, window)), window, 'max'), theirs.test!)
  })
})

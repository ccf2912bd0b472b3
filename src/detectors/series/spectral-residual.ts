import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { readState, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { ofFirstColumn } from '../first-column.ts'
import { createSaliency } from './saliency.ts'
import { channelOption, oldestFirst, requireWindows } from './windows.ts'
import { largestSize, unitScale } from './z-normalise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  score_window: z
    .int()
    .min(1)
    .default(3)
    .meta({ description: 'Over how many frequencies the spectrum is smoothed.' }),
  window_size: z
    .int()
    .min(8)
    .max(2000)
    .default(59)
    .meta({ description: 'How many consecutive values a window holds, the newest being judged.' }),
  estimated_points: z.int().min(0).max(64).default(5).meta({
    description:
      'How many extrapolated values are put after the newest one, which so stands less at the edge.',
  }),
  average_window: z
    .int()
    .min(1)
    .default(21)
    .meta({ description: 'With the mean saliency of how many points before it the newest is compared.' }),
  channel_aggregation: channelOption,
})

interface Settings {
  readonly window: number
  readonly scoreWindow: number
  readonly estimated: number
  readonly average: number
}

/**
 * Score = (s - m) / m, where s is the saliency of the newest value in its window (see `saliency.ts`) and m the mean saliency of the
 * `average_window` values before it: how many times more it stands out than they do, less one. It is -1 at least, and 0 where nothing stands
 * out at all, as in a window of zeros.
 *
 * Streaming, as in the paper: one extrapolated value, `estimated_points` times, follows the newest one. 59 values and 5 of those are 64, a
 * power of two, for which the transform is fastest. PyOD scores a whole series in hindsight by the bare saliency, which is `saliency` here. A
 * window is first multiplied by the power of two that brings its largest value to 0.5..1, so that the least amplitude of `saliency.ts`
 * means the same in all units.
 */
export const spectralResidual = defineDetector({
  name: 'SpectralResidual',
  summary: 'How much the newest value stands out of its window once the usual spectrum is taken away.',
  source:
    'PyOD 3.6.7 pyod/models/ts_spectral_residual.py; Ren et al.: Time-series anomaly detection service at Microsoft (2019)',
  family: 'series',
  explains: true,
  complexity: { fit: 'n w log w', score: 'w log w' },
  options,
  example: { window_size: 123 },
  window: ({ window_size }) => window_size,
  fit(data, { window_size, score_window, estimated_points, average_window }) {
    requireWindows('SpectralResidual', data, { rows: 1, window: window_size })
    const settings = {
      window: window_size,
      scoreWindow: score_window,
      estimated: estimated_points,
      average: average_window,
    }
    const problem = problemOf(settings)
    if (problem !== undefined) throw new AnomstackError('TRAINING_IMPOSSIBLE', `SpectralResidual ${problem}`)
    const model = createModel(settings)
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('SpectralResidual', state)
    const settings = {
      window: read.number('window'),
      scoreWindow: read.number('scoreWindow'),
      estimated: read.number('estimated'),
      average: read.number('average'),
    }
    const problem = problemOf(settings)
    read.require(problem === undefined, `it ${problem}`)
    return createModel(settings)
  },
})

function problemOf({ window, scoreWindow, estimated, average }: Settings): string | undefined {
  if (![window, scoreWindow, estimated, average].every((size) => Number.isInteger(size) && size >= 0))
    return 'has a size that is not a whole number'
  if (scoreWindow < 1 || scoreWindow > window)
    return `cannot smooth over ${scoreWindow} of ${window} frequencies: lower score_window`
  if (average < 1 || average >= window)
    return `cannot compare with ${average} values before the newest of ${window}: lower average_window`
  if (estimated > window - 2)
    return `cannot extrapolate ${estimated} values from ${window}: lower estimated_points`
  return undefined
}

function createModel(settings: Settings): Model {
  const { window, estimated, average } = settings
  const salient = createSaliency(window + estimated, settings.scoreWindow)
  const values = new Float64Array(window)
  const extended = new Float64Array(window + estimated)
  const score = (data: Matrix): Float64Array => {
    requireWidth('SpectralResidual', data, window)
    const scores = new Float64Array(data.rows)
    for (let row = 0; row < data.rows; row++) {
      oldestFirst(data, row, values)
      const scale = unitScale(largestSize(values))
      for (let i = 0; i < window; i++) extended[i] = values[i]! * scale
      extended.fill(extrapolate(extended, window, estimated), window)
      const found = salient(extended)
      let mean = 0
      for (let i = window - 1 - average; i < window - 1; i++) mean += found[i]! / average
      scores[row] = mean > 0 ? found[window - 1]! / mean - 1 : 0
    }
    return scores
  }
  return {
    state: { ...settings },
    score,
    explain: (data) => ofFirstColumn(score(data), window),
  }
}

/**
 * Where the mean of the slopes between the value before the newest and `count` before that leads to (equations 11 and 12 of the paper, which
 * begin with the newest: its authors' program leaves it out, and well it does, as a spike would be drawn out into a step).
 */
function extrapolate(values: Float64Array, window: number, count: number): number {
  const last = window - 2
  let rise = 0
  for (let back = 1; back <= count; back++) rise += (values[last]! - values[last - back]!) / back
  return count === 0 ? values[last]! : values[last - count + 1]! + rise
}

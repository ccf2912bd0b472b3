import { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import { windowOf } from './detector-rows.ts'
import { fitMetric, type MetricModel } from './metric-model.ts'
import type { ModelSpec } from './model-spec.ts'
import type { ReplayOptions } from './replay-options.ts'

/** Fits a model again and again while points pass, and keeps the last one. */
export interface Refitting {
  /** Points that may pass until the next fit; at 0 `refit` is due before the next point is scored. */
  readonly wait: number
  readonly model: MetricModel | undefined
  /** Why there is no model, in plain words. */
  readonly learning: string
  passed(points: number): void
  refit(series: Series, features?: Features): void
}

/** Up to so many points every new one gives a new model: it is cheap, and each one matters. */
const FEW_POINTS = 30
const REFIT_GROWTH = 0.2

/** The first fit is due at once. */
export function createRefitting(
  spec: ModelSpec,
  { metric, refitGrowth = REFIT_GROWTH }: ReplayOptions,
): Refitting {
  let model: MetricModel | undefined
  let learning = ''
  let wait = 0
  // What learns point by point, and needs nothing else, would only forget what is older than the points at hand.
  const learnsAlone = spec.detectors.every((detector) => windowOf(detector) === 'time')
  return {
    /** Points until the next fit; at 0 `refit` is to be called before the next point is scored. */
    get wait() {
      return wait
    },
    get model() {
      return model
    },
    /** Why there is no model. */
    get learning() {
      return learning
    },
    passed(points: number) {
      wait -= points
    },
    refit(series: Series, features?: Features) {
      const count = series.timestamps.length
      wait = count <= FEW_POINTS ? 1 : Math.max(1, Math.floor(count * refitGrowth))
      try {
        const result = fitMetric(series, spec, features ? { metric, features } : { metric })
        if (result.status === 'fitted') {
          model = result.model
          if (learnsAlone) wait = Number.POSITIVE_INFINITY
        } else learning = `learning, ${result.points} of ${result.needed} points`
      } catch (error) {
        if (!(error instanceof AnomstackError && error.code === 'TRAINING_IMPOSSIBLE')) throw error
        // The model before, if there is one, goes on.
        learning = `not judged: ${error.problem}`
      }
    },
  }
}

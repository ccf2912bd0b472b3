import type { z } from 'zod'
import { AnomstackError } from '../core/errors.ts'
import { createRandom } from '../core/random.ts'
import type { DetectorDefinition, DetectorPython, Matrix, Model, ModelState } from './detector.ts'
import { createParallel } from './parallel/create-parallel.ts'
import type { Parallel } from './parallel/parallel.ts'
import {
  confidenceOf,
  labelsOf,
  linearScale,
  probabilityScale,
  type Scale,
  thresholdOf,
  toProbability,
} from './probability.ts'
import { type RejectionBounds, rejectionBounds, rejectUncertain } from './rejection.ts'
import { countBelow } from './statistics/sorted.ts'

/** A fitted detector with everything that its training scores say about other scores. */
export interface OutlierDetector {
  /** Name of the detector. */
  readonly name: string
  /** Of the training rows, in their order; higher is stranger. */
  readonly trainScores: Float64Array
  /** A row of a higher score is an outlier. */
  readonly threshold: number
  /** One score a row, higher is stranger. */
  score(data: Matrix): Float64Array
  /** 1 for each row that is an outlier, else 0. */
  label(data: Matrix): Uint8Array
  /** Scores as probabilities in 0..1: their place between the extremes of the training scores, or by a normal distribution fitted to them (Kriegel 2011). */
  probability(data: Matrix, method?: Scale['method']): Float64Array
  /** How sure it is, in 0..1, that another sample of training rows would give the same label (Perini 2020). */
  confidence(data: Matrix): Float64Array
  /** As `label`, but -2 for each row of which it is not sure enough: `tolerance` T rejects all but those surer than 1 - 2 exp(-T) (Perini 2023). */
  labelOrReject(data: Matrix, tolerance?: number): Int8Array
  /** What share of rows `labelOrReject` may be expected to reject, and bounds of that share and of the cost. */
  rejection(options?: Partial<RejectionCosts>): RejectionBounds
  /** How many training rows are less strange than each row; with `normalized` as a share of all of them. */
  rank(data: Matrix, options?: { readonly normalized?: boolean }): Float64Array
  /**
   * What each column adds to the score of each row, row-major: not negative, larger for what drove the score more, zeros where nothing did. Numbers of one row
   * can be compared with each other; the doc comment of a detector says whether they sum up to its score. Undefined where the detector cannot tell.
   */
  explain(data: Matrix): Float64Array | undefined
  /** Learns from more rows. Threshold and training scores stay. Throws `INPUT_INVALID` where the detector cannot. */
  partialFit(data: Matrix): void
  /** Plain data and typed arrays from which `restoreDetector` makes the same detector. */
  readonly saved: SavedDetector
}

export interface RejectionCosts {
  readonly tolerance: number
  /** The bound of the share holds with a probability of 1 - `delta`. */
  readonly delta: number
  readonly falsePositive: number
  readonly falseNegative: number
  /** The contamination by default. */
  readonly rejection: number
}

export interface SavedDetector {
  readonly name: string
  readonly contamination: number
  readonly threshold: number
  readonly trainScores: Float64Array
  readonly state: ModelState
}

export interface FitRequest<Options extends z.ZodObject> {
  readonly options?: z.input<Options>
  /** Of everything random. */
  readonly seed?: number
  /** The score above which a row is an outlier, made of the training scores; by default their percentile at the contamination. */
  readonly threshold?: (trainScores: Float64Array) => number
  readonly python?: DetectorPython
  /** How many threads fit and score at most, this one among them: 1 by default. Results are the same for any number. */
  readonly threads?: number
}

const TOLERANCE = 32
const DELTA = 0.1

/**
 * Fits a detector to rows. Throws `INPUT_INVALID` for options that it does not have, and `TRAINING_IMPOSSIBLE` where it cannot learn from
 * these rows.
 */
export function fitDetector<Options extends z.ZodObject>(
  definition: DetectorDefinition<Options>,
  data: Matrix,
  { options, seed = 0, threshold: choose, python, threads }: FitRequest<Options> = {},
): OutlierDetector {
  const parsed = definition.options.safeParse(options ?? {})
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => [...path, message].join(': '))
    throw new AnomstackError('INPUT_INVALID', `options of ${definition.name}: ${faults.join('; ')}`)
  }
  const random = createRandom(seed)
  const fitted = definition.fit(data, parsed.data, { random, python, parallel: parallelOf(threads) })
  const { trainScores } = fitted
  const contamination = Number((parsed.data as { readonly contamination?: unknown }).contamination ?? 0.1)
  const threshold = choose?.(trainScores) ?? fitted.threshold ?? thresholdOf(trainScores, contamination)
  return createDetector(fitted.model, { name: definition.name, contamination, threshold, trainScores })
}

/** The detector that was saved. Throws `MODEL_INVALID` when it is of another one, or damaged. */
export function restoreDetector(
  definition: Pick<DetectorDefinition, 'name' | 'restore'>,
  { state, ...learned }: SavedDetector,
  { threads }: Pick<FitRequest<z.ZodObject>, 'threads'> = {},
): OutlierDetector {
  if (learned.name !== definition.name)
    throw new AnomstackError('MODEL_INVALID', `this is a ${learned.name} model and no ${definition.name}`)
  return createDetector(definition.restore(state, { parallel: parallelOf(threads) }), learned)
}

function parallelOf(threads = 1): Parallel | undefined {
  if (!Number.isInteger(threads) || threads < 1)
    throw new AnomstackError('INPUT_INVALID', `threads has to be a whole number from 1 on, not ${threads}`)
  return threads > 1 ? createParallel({ threads }) : undefined
}

function createDetector(model: Model, learned: Omit<SavedDetector, 'state'>): OutlierDetector {
  const { name, contamination, threshold, trainScores } = learned
  const scales = new Map<Scale['method'], Scale>([['linear', linearScale(trainScores)]])
  let sorted: Float64Array | undefined
  const sortedScores = () => (sorted ??= trainScores.slice().sort())
  const confidence = (scores: Float64Array) =>
    confidenceOf(scores, { trainScores: sortedScores(), contamination, threshold })
  return {
    name,
    trainScores,
    threshold,
    score: (data) => model.score(data),
    label: (data) => labelsOf(model.score(data), threshold),
    probability(data, method = 'linear') {
      const scale = scales.get(method) ?? probabilityScale(trainScores, method)
      scales.set(method, scale)
      return toProbability(model.score(data), scale)
    },
    confidence: (data) => confidence(model.score(data)),
    labelOrReject(data, tolerance = TOLERANCE) {
      const scores = model.score(data)
      return rejectUncertain(labelsOf(scores, threshold), confidence(scores), tolerance)
    },
    rejection: (options = {}) =>
      rejectionBounds(trainScores.length, contamination, {
        tolerance: TOLERANCE,
        delta: DELTA,
        falsePositive: 1,
        falseNegative: 1,
        rejection: contamination,
        ...options,
      }),
    rank(data, { normalized = false } = {}) {
      const unit = normalized ? Math.max(1, trainScores.length) : 1
      return model.score(data).map((score) => countBelow(sortedScores(), score) / unit)
    },
    explain: (data) => model.explain?.(data),
    partialFit(data) {
      if (model.partialFit === undefined)
        throw new AnomstackError('INPUT_INVALID', `${name} cannot learn from more rows; fit it again`)
      model.partialFit(data)
    },
    get saved() {
      return { ...learned, state: model.state }
    },
  }
}

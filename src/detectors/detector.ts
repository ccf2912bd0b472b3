import { z } from 'zod'
import type { PluginDefinition } from '../core/plugin.ts'
import type { Random } from '../core/random.ts'
import type { Parallel } from './parallel/parallel.ts'

/**
 * A detector learns from rows and tells how strange a row is. A score is any finite number, higher is stranger; it is made a probability in
 * 0..1 by `probability.ts`. Inputs are never changed. The same seed gives the same result, and a restored model gives the
 * same scores bit for bit.
 */
export interface Detector<Options> {
  /** Throws `TRAINING_IMPOSSIBLE` when the rows are too few (or of the wrong width) for these options. */
  fit(data: Matrix, options: Options, environment: FitEnvironment): Fitted
  /** A model from its state; throws `MODEL_INVALID` when the state is not one of this detector's. */
  restore(state: ModelState, environment?: RestoreEnvironment): Model
}

export interface RestoreEnvironment {
  /** For detectors that the user's Python runs. */
  readonly python?: DetectorPython | undefined
  /** Threads for the work of one call; without it this thread does all. */
  readonly parallel?: Parallel | undefined
}

export interface FitEnvironment extends RestoreEnvironment {
  readonly random: Random
  /** What people said of its earlier alerts. */
  readonly feedback?: Feedback | undefined
}

/** How many alerts people confirmed, and how many they called false. */
export interface Feedback {
  readonly confirmed: number
  readonly rejected: number
}

/** A process of the user's Python that fits and scores; what it can be asked is in `assets/python`. */
export interface DetectorPython {
  /** Waits for the answer. Throws `FUNCTION_FAILED` when there is none, and `FUNCTION_LIMIT` when it takes too long or too much memory. */
  ask(
    request: Readonly<Record<string, unknown>>,
    arrays: readonly Float64Array[],
  ): { readonly header: unknown; readonly values: Float64Array }
}

/** Row-major: the value of row i, column j is `data[i * columns + j]`. Values are finite. */
export interface Matrix {
  readonly data: Float64Array
  readonly rows: number
  readonly columns: number
}

export interface Model {
  /** One score a row, each row judged by itself. */
  score(data: Matrix): Float64Array
  /** All that is needed to restore it; what is learned later does not change a state read before. */
  readonly state: ModelState
  /**
   * What each column adds to the score of each row, as a matrix like `data`: finite, not negative, larger for what drove the score more. Numbers of one row
   * can be compared with each other; only where the score is a sum, or a distance, do they sum up to it. All zeros where nothing drove it. A row is explained by
   * itself, as it is scored.
   */
  explain?(data: Matrix): Float64Array
  /** Learns from more rows, in their order, without those before: scores and state are those of the longer training from then on. */
  partialFit?(data: Matrix): void
  /** Of models that know what time it is: what they say beside the scores. */
  verdicts?(data: Matrix): Verdicts
}

/** What a model says of rows, each judged by itself. All columns are as long as there are rows. */
export interface Verdicts {
  /** As `score` gives them. */
  readonly scores: Float64Array
  /** The value that was expected, and the band that values usually lie in; NaN where nothing was. A value is outside exactly when it reaches the level. */
  readonly expected: Float64Array
  readonly lower: Float64Array
  readonly upper: Float64Array
  /** About -log10 of how probable it is that a usual point is at least as strange. */
  readonly strangeness: Float64Array
  /** From this strangeness on a point alerts. */
  readonly levels: Float64Array
  /** 1 where a new alert begins. */
  readonly begins: Uint8Array
  /** Why, in one plain sentence. */
  reason(row: number): string
}

export interface Fitted {
  readonly model: Model
  /** The scores of the training rows; of neighbour methods, with the row itself left out. */
  readonly trainScores: Float64Array
  /** The least and the greatest of `trainScores`, where they are to be had for less than all of them. */
  readonly trainExtremes?: Float64Array | undefined
  /** The score above which a row counts as an outlier, of detectors that fix it themselves; for all others it is the percentile of the training scores. */
  readonly threshold?: number
}

export type TypedArray =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Uint16Array
  | Int16Array
  | Uint8Array
  | Int8Array

/** Plain numbers, texts, typed arrays and matrices by name: all that a model needs, and small. */
export type ModelState = { readonly [key: string]: number | string | boolean | TypedArray | Matrix }

/**
 * What the rows of a detector are. `tabular`: any columns. `series`: windows of one series, the newest value first, every value as it was
 * measured. `online`: any columns, in the order of time; such a model has `partialFit`. `timed`: a time (epoch ms) and the value as it was
 * measured, in the order of time; such a model has `partialFit` and `verdicts`, its scores are probabilities, and it is not fitted again while points come.
 */
export type DetectorFamily = 'tabular' | 'series' | 'online' | 'timed'

export interface DetectorDefinition<Options extends z.ZodObject = z.ZodObject>
  extends PluginDefinition<Options>,
    Detector<z.output<Options>> {
  readonly family: DetectorFamily
  /** Whether its models have `explain`, with the default options. */
  readonly explains?: boolean
  /** How time grows with n training rows of d columns: of fitting, and of scoring one row. */
  readonly complexity: { readonly fit: string; readonly score: string }
  /** Values of its options that a search for better ones tries. */
  readonly tuning?: Readonly<Record<string, readonly unknown[]>>
  /** The width of rows that it can judge, of those that cannot judge any. */
  readonly columns?: 1
  /** Of a `series` detector: how many consecutive values its rows are to hold with these options. */
  window?(options: z.output<Options>): number
  /** The paper, or the reference implementation, that the formulas follow. */
  readonly source: string
  /** Other names that a batch may use, beside any case of `name`. */
  readonly aliases?: readonly string[]
}

export function defineDetector<Options extends z.ZodObject>(
  definition: DetectorDefinition<Options>,
): DetectorDefinition<Options> {
  return definition
}

/** The option that every detector has. */
export const contaminationOption = z.number().gt(0).lte(0.5).default(0.1).meta({
  description:
    'Share of outliers in the training rows; it sets the threshold of labels, never the 0..1 score.',
})

/** An option of the reference implementation that has no meaning here: accepted, so that its configurations stay valid, and ignored. */
export const ignoredOption = z
  .unknown()
  .optional()
  .meta({ description: 'Accepted for compatibility with PyOD; it has no effect.' })

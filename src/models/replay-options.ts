/**
 * Replay judges each point as it would have been judged when it came: by a model of nothing but the points before it. Models are fitted again
 * as points come, to the newest `maxPoints` that are not older than `maxAgeMs`, as the train job would. Memory is constant.
 */
export interface ReplayOptions {
  readonly metric: string
  /** Newest points that a model is fitted to. */
  readonly maxPoints: number
  /** Points older than this, compared with the newest, are not fitted to. */
  readonly maxAgeMs: number
  /** A new model is fitted when so many points came, as a part of those that the last was fitted to. */
  readonly refitGrowth?: number
  /** Reasons are given for scores at or above this; all by default. */
  readonly reasonsFrom?: number
}

import type { Combination } from '../core/combinations.ts'
import type { PreprocessParams } from '../timeseries/preprocess.ts'

/** How the metrics of a batch are judged: plain JSON, so that it travels to worker threads and stands in a bundle's header. */
export interface ModelSpec {
  readonly detectors: readonly ConfiguredDetector[]
  readonly combination: Combination
  /** Of the combinations that put detectors into buckets. */
  readonly buckets?: number
  readonly preprocess: PreprocessParams
  /** A metric is learning until it has so many points. */
  readonly minPoints: number
  /** Decimals kept of a score. */
  readonly scoreRounding: number
  /** With the metric's name, the seed of everything random. */
  readonly seed: number
  /** Models learn from each point right after it was judged. */
  readonly update?: 'online'
  /** Where it was found by a search, and not said by the batch. */
  readonly choice?: Choice
  /** What runs the detectors of PyOD. It belongs to this machine, and is no part of what is stored. */
  readonly python?: PythonSettings
}

/** The outcome of a search for a better way to judge the metrics of a batch. */
export interface Choice {
  /** Epoch ms. */
  readonly at: number
  /** Names the settings that it was searched with. */
  readonly settings: string
  readonly trials: number
  readonly metrics: number
  /** Average precision (0..1) on points that nothing was fitted to: of what was chosen, and of what the batch's settings say. */
  readonly precision: number
  readonly precisionBefore: number
}

export interface ConfiguredDetector {
  readonly name: string
  readonly tag: string
  readonly params: Readonly<Record<string, unknown>>
}

export interface PythonSettings {
  /** The interpreter: a command, or an absolute path. */
  readonly command: string
  /** Of fitting or scoring one metric. */
  readonly timeoutMs: number
  readonly memoryMb: number
}

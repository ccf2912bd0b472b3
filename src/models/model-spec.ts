import type { PreprocessParams } from '../timeseries/preprocess.ts'

/** How the metrics of a batch are judged: plain JSON, so that it travels to worker threads and stands in a bundle's header. */
export interface ModelSpec {
  readonly detectors: readonly {
    readonly name: string
    readonly tag: string
    readonly params: Readonly<Record<string, unknown>>
  }[]
  readonly combination: 'mean' | 'max' | 'min'
  readonly preprocess: PreprocessParams
  /** A metric is learning until it has so many points. */
  readonly minPoints: number
  /** Decimals kept of a score. */
  readonly scoreRounding: number
  /** With the metric's name, the seed of everything random. */
  readonly seed: number
  /** What runs the detectors of PyOD. It belongs to this machine, and is no part of what is stored. */
  readonly python?: PythonSettings
}

export interface PythonSettings {
  /** The interpreter: a command, or an absolute path. */
  readonly command: string
  /** Of fitting or scoring one metric. */
  readonly timeoutMs: number
  readonly memoryMb: number
}

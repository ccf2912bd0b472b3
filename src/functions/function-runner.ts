import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'

/**
 * Runs users' functions apart from the program: a worker thread with limits on time and memory, ended when they are passed or
 * when the signal aborts. Errors: `FUNCTION_FAILED` (names file and the user's own line; the stack is the user's), `FUNCTION_LIMIT`, `CANCELED`.
 */
export interface FunctionRunner {
  /** Calls the module's `ingest()` and returns its rows, plain objects; a Date stays a Date. */
  ingest(code: FunctionSource, limits: FunctionLimits): Promise<readonly Record<string, unknown>[]>
  /** Calls the module's `preprocess(series, params)` for each series, in one go; `undefined` where it returned nothing to judge. */
  preprocess(code: FunctionSource, calls: readonly PreprocessCall[], limits: FunctionLimits): Promise<readonly Features[]>
}

export interface FunctionSource {
  readonly language: 'javascript' | 'typescript'
  /** Rendered text of an ES module (`export function ingest`, or a bare `function ingest`, or `export default`). */
  readonly text: string
  /** For messages, and where relative and package imports are resolved from: an absolute path, which need not exist. */
  readonly file: string
}

export interface FunctionLimits {
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly signal?: AbortSignal
}

export interface PreprocessCall {
  readonly metric: string
  readonly series: Series
  readonly params: Readonly<Record<string, unknown>>
}

import type { AnomstackError } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'

/**
 * Runs users' functions apart from the program: each call in a fresh process of its own with limits on time and memory, killed when
 * they are passed or when the signal aborts. Errors: `FUNCTION_FAILED` (names file and the user's own line; the stack of its `cause` is
 * the user's), `ROWS_INVALID` (it returned no array of rows), `FUNCTION_LIMIT`, `CANCELED`.
 */
export interface FunctionRunner {
  /** Calls the module's `ingest()` and returns its rows, plain objects; a Date stays a Date, a bigint becomes a number. */
  ingest(code: UserCode, limits: FunctionLimits): Promise<readonly Record<string, unknown>[]>
  /**
   * Calls the module's `preprocess(series, params)` for each series, in one go, and returns features in the order of `calls`.
   *
   * `series` is `{ timestamps, values }`, two Float64Arrays of one length (epoch ms, ascending). It may return, directly or as a promise:
   * - `{ timestamps, rows, names? }`: a timestamp (epoch ms or Date) for each row; any order, none twice;
   * - an array of rows that end at the newest point: the last row judges the series' last timestamp, the one before it the last but one, …;
   * - nothing (`undefined`, `null`, no rows): then the features have no rows, and no columns.
   *
   * Python is called with a pandas DataFrame and the params as keywords, and may return a DataFrame whose index, or column `metric_timestamp`, tells the
   * times, or an array of rows.
   *
   * A row is an array of numbers (or one number), as wide as every other row. Rows that hold anything but finite numbers are dropped.
   * A metric that fails rejects the whole call with an error that names it, unless `limits.onMetricFailure` is given.
   */
  preprocess(
    code: UserCode,
    calls: readonly PreprocessCall[],
    limits: FunctionLimits,
  ): Promise<readonly Features[]>
  /** Calls the `check(context)` of a sensor's module, and returns what it returned, as JSON carries it, with the `name` and `every` that the module exports, by
   * themselves or in its default export. None of it is validated. */
  check(code: FunctionSource, context: CheckContext, limits: FunctionLimits): Promise<CheckReply>
}

/** What a sensor of the user's is given. */
export interface CheckContext {
  /** UTC epoch ms. */
  readonly now: number
  /** When it was last called; absent the first time. */
  readonly previous?: number
  /** Names of the project's batches. */
  readonly batches: readonly string[]
}

export interface CheckReply {
  readonly name?: unknown
  readonly every?: unknown
  readonly result?: unknown
}

export interface FunctionSource {
  readonly language: 'javascript' | 'typescript'
  /** Rendered text of an ES module (`export function ingest`, or a bare `function ingest`, or `export default`). */
  readonly text: string
  /** For messages, and where relative and package imports are resolved from: an absolute path, which need not exist. */
  readonly file: string
}

/** A text in Python, and what runs it. */
export interface PythonSource {
  readonly language: 'python'
  /** Rendered text of a module that defines the function. */
  readonly text: string
  /** For messages, and where modules are looked for: an absolute path, which need not exist. */
  readonly file: string
  /** Whose points `preprocess` gets. */
  readonly batch: string
  /** The interpreter: a command, or an absolute path. */
  readonly python: string
  /** Absolute path of the folder that the code runs in; modules are looked for there as well. */
  readonly folder: string
}

export type UserCode = FunctionSource | PythonSource

/** Limits of one call, and who listens to it. */
export interface FunctionLimits {
  readonly timeoutMs: number
  readonly memoryMb: number
  /** Names of environment variables that the code may see, beside those that all code sees. */
  readonly variables?: readonly string[]
  readonly signal?: AbortSignal
  /** Gets each line that the code prints, standard output and error alike, as it comes; very long and very many lines are cut short. */
  readonly onOutput?: (line: string) => void
  /** When given, a metric whose `preprocess` fails gets features without rows, and the error comes here; the others go on. */
  readonly onMetricFailure?: (metric: string, error: AnomstackError) => void
}

export interface PreprocessCall {
  readonly metric: string
  readonly series: Series
  readonly params: Readonly<Record<string, unknown>>
}

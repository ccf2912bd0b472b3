import type { ErrorCode } from '../core/errors.ts'
import type { Features } from '../timeseries/features.ts'
import type {
  CheckContext,
  CheckReply,
  FunctionSource,
  PreprocessCall,
  PythonSource,
  UserCode,
} from './function-runner.ts'

/** What the program asks of a function process: the one message that goes in. */
export type FunctionTask<Code extends UserCode = FunctionSource> = {
  readonly code: Code
  readonly memoryMb: number
} & (
  | { readonly name: 'ingest' }
  | { readonly name: 'preprocess'; readonly calls: readonly PreprocessCall[] }
  | { readonly name: 'check'; readonly context: CheckContext }
)

/** The same of a Python process, which checks nothing: sensors are not written in Python. */
export type PythonTask = Exclude<FunctionTask<PythonSource>, { readonly name: 'check' }>

/** The one message that comes out. */
export type FunctionReply =
  | { readonly kind: 'rows'; readonly rows: readonly Record<string, unknown>[] }
  | { readonly kind: 'features'; readonly results: readonly (Features | FunctionFailure)[] }
  | ({ readonly kind: 'checked' } & CheckReply)
  | FunctionFailure

/** What went wrong in user code, and where. Lines and columns are the user's own and start at 1. */
export interface FunctionFailure {
  readonly kind: 'failed'
  readonly code: Extract<ErrorCode, 'FUNCTION_FAILED' | 'FUNCTION_LIMIT' | 'ROWS_INVALID'>
  readonly problem: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly stack?: string
}

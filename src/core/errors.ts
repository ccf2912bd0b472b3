/** What an error concerns; every part that is known is named in the message. */
export interface ErrorPlace {
  readonly batch?: string
  readonly metric?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export interface ErrorOptions {
  readonly at?: ErrorPlace
  readonly cause?: unknown
  readonly retryable?: boolean
}

interface ErrorKind {
  /** HTTP status that an API answers with. */
  readonly status: number
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean
  readonly summary: string
}

/** Every error of the program, by its stable code. `docs/errors.md` is generated from this table. */
export const ERROR_KINDS = {
  CONFIG_INVALID: {
    status: 422,
    retryable: false,
    summary: 'A file of the project, or an environment override, is not valid.',
  },
  TEMPLATE_FAILED: {
    status: 422,
    retryable: false,
    summary: 'A Jinja template of a batch could not be rendered.',
  },
  CONNECTION_FAILED: {
    status: 503,
    retryable: true,
    summary: 'A database could not be reached, opened, or logged into.',
  },
  SDK_MISSING: {
    status: 500,
    retryable: false,
    summary: 'An optional package is needed; the message says which to install.',
  },
  QUERY_FAILED: {
    status: 422,
    retryable: false,
    summary: 'A database refused or failed to run a statement.',
  },
  WRITE_FAILED: {
    status: 503,
    retryable: true,
    summary: 'Rows could not be written; nothing of the write was kept.',
  },
  FUNCTION_FAILED: {
    status: 422,
    retryable: false,
    summary: 'User code threw, returned something unusable, or could not be loaded.',
  },
  FUNCTION_LIMIT: {
    status: 422,
    retryable: false,
    summary: 'User code ran longer, or took more memory, than its limits allow.',
  },
  ROWS_INVALID: {
    status: 422,
    retryable: false,
    summary: 'What a query or function returned has not the columns or types of metric rows.',
  },
  MODEL_INVALID: {
    status: 500,
    retryable: false,
    summary: 'A model bundle is damaged or was written by an incompatible version.',
  },
  TRAINING_IMPOSSIBLE: {
    status: 422,
    retryable: false,
    summary: 'A detector cannot be fitted to the data that it was given.',
  },
  STORAGE_FAILED: {
    status: 503,
    retryable: true,
    summary: 'A model storage could not read or write an object.',
  },
  STORAGE_CONFLICT: {
    status: 412,
    retryable: true,
    summary: 'An object was changed by someone else since it was read.',
  },
  DELIVERY_FAILED: { status: 502, retryable: true, summary: 'A channel did not accept a message.' },
  CONTROL_FAILED: {
    status: 503,
    retryable: true,
    summary: 'The control database could not be read or written.',
  },
  JOB_FAILED: {
    status: 500,
    retryable: false,
    summary: 'A job ended with failed metrics or steps; its run says which.',
  },
  NOT_FOUND: { status: 404, retryable: false, summary: 'What was asked for does not exist.' },
  INPUT_INVALID: { status: 400, retryable: false, summary: 'An argument, option or request is not valid.' },
  CONFLICT: { status: 409, retryable: false, summary: 'The request does not fit the present state.' },
  TIMED_OUT: { status: 504, retryable: true, summary: 'An operation took longer than its time limit.' },
  CANCELED: { status: 499, retryable: false, summary: 'An operation was canceled on request.' },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_KINDS

function placeText(at: ErrorPlace): string {
  const position = at.line === undefined ? '' : `:${at.line}${at.column === undefined ? '' : `:${at.column}`}`
  const parts = [
    at.batch === undefined ? '' : `batch "${at.batch}"`,
    at.metric === undefined ? '' : `metric "${at.metric}"`,
    at.file === undefined ? '' : `${at.file}${position}`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? '' : `${parts.join(', ')}: `
}

/** The one error class of the program. The message starts with the batch, metric and file concerned. */
export class AnomstackError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly retryable: boolean
  readonly at: ErrorPlace
  /** The message without its place. */
  readonly problem: string

  constructor(code: ErrorCode, problem: string, options: ErrorOptions = {}) {
    super(placeText(options.at ?? {}) + problem, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AnomstackError'
    this.code = code
    this.status = ERROR_KINDS[code].status
    this.retryable = options.retryable ?? ERROR_KINDS[code].retryable
    this.at = options.at ?? {}
    this.problem = problem
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  try {
    return String(error)
  } catch {
    return 'something was thrown that cannot be shown'
  }
}

/** The same error with more of its place known; anything else becomes an error of `code`. */
export function locate(error: unknown, at: ErrorPlace, code: ErrorCode): AnomstackError {
  if (error instanceof AnomstackError)
    return new AnomstackError(error.code, error.problem, {
      at: { ...at, ...error.at },
      cause: error.cause ?? error,
      retryable: error.retryable,
    })
  return new AnomstackError(code, messageOf(error), { at, cause: error })
}

/** Throws `CANCELED` when the signal has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw signal.reason instanceof AnomstackError ? signal.reason : new AnomstackError('CANCELED', 'canceled')
}

import { AnomstackError, messageOf } from '../../core/errors.ts'

function numberOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'errno' in error ? Number(error.errno) : 0
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** Numbers of MySQL's and MariaDB's errors. */
export const MYSQL_ERRORS = {
  unknownDatabase: [1049],
  missingTable: [1146],
  duplicates: [1062],
  sameIndex: [1061],
  cannotIndex: [1071, 1170],
  notAllowed: [1044, 1142, 1143, 1227],
  /** Another transaction was in the way, so that trying again is right. */
  conflict: [1020, 1213],
  noLocalFiles: [1148, 3948, 4166],
} as const

export function isError(error: unknown, kind: keyof typeof MYSQL_ERRORS): boolean {
  return (MYSQL_ERRORS[kind] as readonly number[]).includes(numberOf(error))
}

/** Too many connections, shutdowns, and connections that were ended. */
const CONNECTION = new Set([
  1040, 1053, 1077, 1079, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1203, 1226, 1927, 2006, 2013, 4031,
])
/** Statements that ran into the server's limit of time. */
const TIME_LIMIT = new Set([1907, 1969, 3024])
/** Memory, disk space, and other transactions, which may pass. */
const PASSING = new Set([1020, 1021, 1037, 1038, 1041, 1114, 1205, 1213, 1317])

/** Whether the connection, not the statement, has failed. */
export function isConnectionError(error: unknown): boolean {
  return (
    CONNECTION.has(numberOf(error)) ||
    /^(PROTOCOL_|HANDSHAKE_|EPIPE$|ECONN|ETIMEDOUT$|ENOTFOUND$|EAI_AGAIN$|EHOSTUNREACH$|ENETUNREACH$)/.test(
      codeOf(error),
    ) ||
    /closed state|Connection lost|Pool is closed/i.test(messageOf(error))
  )
}

/** The contract's error for whatever the driver threw. The driver's error is not kept as the cause, for it may hold values and options of the connection. */
export function mysqlError(
  error: unknown,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
  redact: (text: string) => string,
): AnomstackError {
  if (error instanceof AnomstackError) return error
  const problem = redact(`MySQL: ${messageOf(error)}`)
  if (isConnectionError(error)) return new AnomstackError('CONNECTION_FAILED', problem)
  if (TIME_LIMIT.has(numberOf(error))) return new AnomstackError('TIMED_OUT', problem)
  return new AnomstackError(failure, problem, { retryable: PASSING.has(numberOf(error)) })
}

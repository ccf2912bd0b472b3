import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data'
import { AnomstackError, messageOf } from '../../core/errors.ts'

const LABEL = 'Redshift Data API'

/** What AWS answers when it does not know or trust the caller, and when there is no such cluster or workgroup. */
const IDENTITY =
  /^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidSignature|InvalidClientTokenId|MissingAuthenticationToken|CredentialsProvider|NotAuthorized|TokenRefreshRequired|IncompleteSignature)/
const PLACE = /^(ResourceNotFound|DatabaseConnection)/
const MAY_PASS =
  /^(Throttling|TooManyRequests|Active(Statements|Sessions|WaitingRequests)Exceeded|InternalServer|ServiceUnavailable|TimeoutError|RequestTimeout)/
const NETWORK = /^(E[A-Z]+|UND_ERR_[A-Z_]+)$/
/** Of a statement that failed before it ran. */
const LOGIN =
  /password authentication failed|database "?[^"]*"? does not exist|FATAL:|unable to connect|not authorized to get credentials|is paused|redshift-serverless:GetCredentials/i

/** The contract's error for whatever the SDK threw. The SDK's error is not kept as the cause, for it may hold the request. */
export function dataApiError(error: unknown, failure: 'QUERY_FAILED' | 'WRITE_FAILED'): AnomstackError {
  if (error instanceof AnomstackError) return error
  const name = error instanceof Error ? error.name : ''
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const problem = `${LABEL}: ${messageOf(error)}`
  if (IDENTITY.test(name))
    return new AnomstackError(
      'CONNECTION_FAILED',
      `${problem}; check that this machine has an AWS identity (variables, profile or role) that may call redshift-data and get credentials of the database`,
      { retryable: false },
    )
  if (
    PLACE.test(name) ||
    (name === 'ValidationException' && /cluster|workgroup|endpoint|secret/i.test(problem))
  )
    return new AnomstackError(
      'CONNECTION_FAILED',
      `${problem}; check cluster_identifier or workgroup_name, database and region`,
      { retryable: PLACE.test(name) },
    )
  if (NETWORK.test(code) || /region is missing/i.test(problem))
    return new AnomstackError('CONNECTION_FAILED', `${problem}; check region and endpoint`)
  return new AnomstackError(failure, problem, { retryable: MAY_PASS.test(name) })
}

/** The contract's error for a statement that the engine gave up or refused. */
export function statementFailed(
  { Error: text, Status, SubStatements }: DescribeStatementResponse,
  failure: 'QUERY_FAILED' | 'WRITE_FAILED',
): AnomstackError {
  const found = text ?? SubStatements?.find(({ Error: each }) => each !== undefined)?.Error
  const problem = `Redshift: ${found ?? (Status === 'ABORTED' ? 'the statement was canceled in Redshift' : 'the statement failed')}`
  if (found !== undefined && LOGIN.test(found))
    return new AnomstackError('CONNECTION_FAILED', `${problem}; check database, db_user and secret_arn`)
  return new AnomstackError(failure, problem, { retryable: CONFLICT.test(problem) || Status === 'ABORTED' })
}

const CONFLICT = /serializable isolation violation|could not serialize|deadlock detected|\b1023\b/i

/** Whether the engine rolled back because of other transactions, so that trying again is right. */
export function conflicts(error: unknown): boolean {
  return error instanceof AnomstackError && CONFLICT.test(error.problem)
}

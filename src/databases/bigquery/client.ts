import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BigQuery, type BigQueryOptions, common, type JobLoadMetadata } from '@google-cloud/bigquery'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import { readCredentials } from './credentials.ts'
import { bigqueryError } from './errors.ts'
import type { BigqueryOptions } from './options.ts'

/** A call of the REST API, its path below `/bigquery/v2/`. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
}

/** The REST API with credentials and retries: answers come as the API gives them, not as one object per row and cell. */
export interface BigqueryClient {
  readonly project: string
  readonly secrets: readonly string[]
  call(request: ApiRequest): Promise<unknown>
  /** Starts a load job from lines of JSON; resolves with the job as the API describes it. */
  upload(metadata: JobLoadMetadata, lines: Iterable<string>, signal: AbortSignal): Promise<unknown>
}

/** A call that takes longer is given up; jobs run on by themselves, so none should. */
const CALL_MS = 300_000
/** About seven seconds in all. */
const RETRIES = { autoRetry: true, maxRetries: 3, retryDelayMultiplier: 1.5 }

/** A client for these options. Throws `CONNECTION_FAILED` where credentials or a project are missing. */
export async function openClient(given: BigqueryOptions, projectDir: string): Promise<BigqueryClient> {
  const { content, secrets } = await readCredentials(given, projectDir)
  const endpoint = endpointOf(given.endpoint)
  const named = given.project ?? (typeof content?.project_id === 'string' ? content.project_id : undefined)
  const sdk = new BigQuery({
    retryOptions: RETRIES,
    ...(named === undefined ? {} : { projectId: named }),
    ...(endpoint === undefined ? {} : { apiEndpoint: endpoint }),
    ...(content === undefined ? {} : { credentials: content as NonNullable<BigQueryOptions['credentials']> }),
  })
  sdk.timeout = CALL_MS
  const base = `${sdk.apiEndpoint}/bigquery/v2`
  // What the environment says of an emulator would go before the option otherwise.
  sdk.baseUrl = base
  // Credentials never travel in the clear, and an emulator asks for none.
  if (endpoint?.startsWith('http:') === true) sdk.makeAuthenticatedRequest = withoutCredentials(named)
  const project = named ?? (await ownProject(sdk, endpoint, secrets))
  sdk.projectId = project
  return {
    project,
    secrets,
    call: ({ method = 'GET', path, query = {}, body }) =>
      new Promise((resolve, reject) => {
        sdk.request(
          {
            method,
            uri: `${base}/${path}`,
            qs: withoutAbsent(query),
            ...(body === undefined ? {} : { json: body }),
          },
          (error, answer: unknown) => {
            if (error === null) resolve(answer)
            else reject(error)
          },
        )
      }),
    upload: async (metadata, lines, signal) => {
      // Dataset and table of the handle are overruled by the job's own destination.
      const writing = sdk.dataset('any').table('any').createWriteStream_(metadata)
      const started = once(writing, 'job') as Promise<[{ readonly metadata: unknown }]>
      const [[job]] = await Promise.all([started, pipeline(Readable.from(lines), writing, { signal })])
      return job.metadata
    },
  }
}

/** An upload of the client needs headers to add to, which come with the credentials otherwise. */
function withoutCredentials(project = 'none'): BigQuery['makeAuthenticatedRequest'] {
  const config = { customEndpoint: true, projectId: project, retryOptions: RETRIES }
  const send = common.util.makeAuthenticatedRequestFactory(config)
  const withHeaders = ((options: common.DecorateRequestOptions, then: never) =>
    send({ headers: {}, ...options }, then)) as typeof send
  return Object.assign(withHeaders, send)
}

/** Without a scheme it is an emulator's, as `BIGQUERY_EMULATOR_HOST` usually holds it. */
function endpointOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const whole = /^https?:\/\//.test(address) ? address : `http://${address}`
  return whole.replace(/\/+$/, '')
}

async function ownProject(
  sdk: BigQuery,
  endpoint: string | undefined,
  secrets: readonly string[],
): Promise<string> {
  const missing = (detail: string): AnomstackError =>
    new AnomstackError(
      'CONNECTION_FAILED',
      `BigQuery: no project is known${detail}; set the option project (ANOMSTACK_GCP_PROJECT_ID)`,
      { retryable: false },
    )
  if (endpoint?.startsWith('http:') === true) throw missing('')
  try {
    return await sdk.authClient.getProjectId()
  } catch (error) {
    const { problem } = bigqueryError(new Error(messageOf(error)), 'QUERY_FAILED', secrets)
    throw missing(` (${problem.replace(/^BigQuery: /, '')})`)
  }
}

function withoutAbsent(query: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

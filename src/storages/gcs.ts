import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Bucket as GoogleBucket } from '@google-cloud/storage'
import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { type Bucket, type Explanation, OUTCOMES } from './cloud/bucket.ts'
import { createCloudStorage } from './cloud/cloud-storage.ts'
import { parseLocation } from './cloud/location.ts'
import { networkProblem } from './cloud/network-problem.ts'
import { defineStorage } from './define-storage.ts'
import { gathered } from './gathered.ts'
import type { PutCondition } from './storage.ts'

function asCredentials(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'type' in value ? { ...value } : undefined
  } catch {
    return undefined
  }
}

const options = z.strictObject({
  credentials_json: z
    .string()
    .refine((text) => asCredentials(text) !== undefined, 'expected the JSON text of a credentials file')
    .optional()
    .meta({ description: 'Credentials as the text of such a file; comes before the file.', secret: true }),
  credentials_file: z.string().min(1).optional().meta({
    description:
      "JSON file of a service account or a workload identity, relative to the project. With neither, Google's application default credentials count.",
  }),
  project_id: z.string().min(1).optional().meta({ description: 'Project of Google Cloud that is charged.' }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        'Address of a service that speaks the protocol, called without credentials; Google itself when not given.',
    }),
})

type Options = z.output<typeof options>

/** What is larger is sent so that a broken connection resumes. */
const RESUMABLE_BYTES = 8 * 1024 * 1024
const RETRIES = 4
const PUT_ID = 'anomstackput'

function explain(error: unknown): Explanation {
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown }
  const answered = [code, status].map(Number).find((number) => number >= 100 && number < 600)
  const message = messageOf(error)
  if (answered === 404 && /bucket does not exist/i.test(message))
    return {
      kind: 'failed',
      reason: 'there is no such bucket; create it, or check model_path',
      retryable: false,
    }
  const kind = OUTCOMES[answered ?? 0]
  if (kind !== undefined) return { kind }
  const network = networkProblem(error)
  if (network !== undefined) return { kind: 'failed', reason: network, retryable: true }
  if (answered === 401)
    return {
      kind: 'failed',
      reason: 'the credentials were not accepted; check credentials_json or credentials_file',
      retryable: false,
    }
  if (answered === 403)
    return {
      kind: 'failed',
      reason:
        'access denied; the account needs the role Storage Object Admin (roles/storage.objectAdmin) on the bucket',
      retryable: false,
    }
  if (/default credentials|invalid_grant|ENOENT|private key|PEM|DECODER/i.test(message))
    return {
      kind: 'failed',
      reason: `no usable credentials: set credentials_json or credentials_file, or give this machine an account (${message.split(/[\n.]/, 1)[0]})`,
      retryable: false,
    }
  const retryable = answered === undefined || answered === 429 || answered >= 500 || answered === 408
  return {
    kind: 'failed',
    reason: `${message.split('\n', 1)[0]}${answered === undefined ? '' : ` (HTTP ${answered})`}`,
    retryable,
  }
}

const conditionOf = (condition: PutCondition | undefined) => {
  if (condition === undefined) return {}
  return { ifGenerationMatch: 'ifAbsent' in condition ? 0 : condition.ifMatch }
}

/** Etags are generations: numbers beyond what JavaScript counts exactly, kept as text. */
const generationOf = (generation: string | number | undefined) => String(generation ?? '')

async function connect(bucketName: string, given: Options, file: string | undefined): Promise<GoogleBucket> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage')
  const credentials = given.credentials_json === undefined ? undefined : asCredentials(given.credentials_json)
  const storage = new Storage({
    ...(given.project_id === undefined ? {} : { projectId: given.project_id }),
    ...(given.endpoint === undefined ? {} : { apiEndpoint: given.endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(credentials === undefined && file !== undefined ? { keyFilename: file } : {}),
    // Every call here may be repeated: a put that meets its own object is recognised.
    retryOptions: {
      autoRetry: true,
      maxRetries: RETRIES,
      totalTimeout: 120,
      idempotencyStrategy: IdempotencyStrategy.RetryAlways,
    },
  })
  return storage.bucket(bucketName)
}

async function openBucket(bucketName: string, given: Options, file: string | undefined): Promise<Bucket> {
  const bucket = await connect(bucketName, given, file)

  async function head(name: string) {
    const [{ size, generation, updated, metadata }] = await bucket.file(name).getMetadata()
    return {
      size: Number(size),
      etag: generationOf(generation),
      modified: Date.parse(updated ?? ''),
      putId: metadata?.[PUT_ID]?.toString(),
    }
  }

  return {
    explain,
    head,
    async put(name, parts, { condition, putId }) {
      const file = bucket.file(name, { preconditionOpts: {} })
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      const writable = file.createWriteStream({
        resumable: size > RESUMABLE_BYTES,
        contentType: 'application/octet-stream',
        validation: 'crc32c',
        preconditionOpts: conditionOf(condition),
        metadata: { metadata: { [PUT_ID]: putId } },
      })
      await pipeline(Readable.from(gathered(parts, RESUMABLE_BYTES), { objectMode: false }), writable)
      return { etag: generationOf(file.metadata.generation) }
    },
    async get(name, range) {
      const stream = bucket.file(name).createReadStream({
        decompress: false,
        ...(range === undefined ? {} : { start: range.start, end: range.end - 1 }),
      })
      let generation: string | undefined
      stream.once(
        'response',
        (response: { readonly headers: Readonly<Record<string, string | undefined>> }) => {
          generation = response.headers['x-goog-generation']
        },
      )
      const bytes = await buffer(stream)
      return { bytes: new Uint8Array(bytes), etag: generationOf(generation) }
    },
    async *list(prefix) {
      for await (const file of bucket.getFilesStream({ prefix }) as AsyncIterable<{
        readonly name: string
        readonly metadata: {
          readonly size?: string | number
          readonly generation?: string | number
          readonly updated?: string
        }
      }>) {
        const { size, generation, updated } = file.metadata
        yield {
          name: file.name,
          size: Number(size),
          etag: generationOf(generation),
          modified: Date.parse(updated ?? ''),
        }
      }
    },
    async delete(name) {
      await bucket.file(name).delete()
    },
  }
}

/** What of credentials must not be shown. */
function privateParts(text: string | undefined): readonly string[] {
  const { private_key, private_key_id, client_secret, refresh_token } = asCredentials(text ?? '') ?? {}
  return [private_key, private_key_id, client_secret, refresh_token].filter(
    (part) => typeof part === 'string',
  )
}

/** Objects in a bucket of Google Cloud Storage. */
export const gcs = defineStorage({
  name: 'gs',
  summary: 'Keeps model bundles in a bucket of Google Cloud Storage.',
  options,
  example: { credentials_file: 'service-account.json' },
  exampleLocation: 'my-bucket/models',
  environment: {
    credentials_json: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS_JSON',
    credentials_file: 'ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS',
    project_id: 'ANOMSTACK_GCP_PROJECT_ID',
    endpoint: 'ANOMSTACK_GCS_ENDPOINT',
  },
  create(location, given, { projectDir }) {
    const { bucket, folder } = parseLocation(location, { scheme: 'gs', noun: 'bucket' })
    const { credentials_json, credentials_file } = given
    const file = credentials_file === undefined ? undefined : resolve(projectDir, credentials_file)
    return createCloudStorage({
      place: `gs://${bucket}/${folder}`,
      noun: 'bucket',
      folder,
      packages: ['@google-cloud/storage'],
      secrets: [credentials_json, ...privateParts(credentials_json)],
      open: () => openBucket(bucket, given, file),
    })
  },
})

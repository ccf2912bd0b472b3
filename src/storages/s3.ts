import { Readable } from 'node:stream'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { type Bucket, type Explanation, OUTCOMES, type Outcome } from './cloud/bucket.ts'
import { createCloudStorage } from './cloud/cloud-storage.ts'
import { parseLocation } from './cloud/location.ts'
import { networkProblem } from './cloud/network-problem.ts'
import { defineStorage } from './define-storage.ts'
import { gathered } from './gathered.ts'
import type { PutCondition } from './storage.ts'

const options = z
  .strictObject({
    region: z.string().min(1).optional().meta({
      description: 'Region of the bucket; found out when not given.',
    }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description: 'Address of a service that speaks the protocol of S3; Amazon itself when not given.',
      }),
    force_path_style: z.boolean().default(false).meta({
      description:
        'Whether the bucket stands in the path of addresses, not in the host: many services other than Amazon want that.',
    }),
    access_key_id: z.string().min(1).optional().meta({
      description:
        'Access key. Without one, what AWS knows of this machine counts: variables, profiles, roles.',
    }),
    secret_access_key: z.string().min(1).optional().meta({
      description: 'Its secret.',
      secret: true,
    }),
    session_token: z.string().min(1).optional().meta({
      description: 'Its session token, where the key is a temporary one.',
      secret: true,
    }),
  })
  .refine(
    ({ access_key_id, secret_access_key }) =>
      (access_key_id === undefined) === (secret_access_key === undefined),
    'access_key_id and secret_access_key go together',
  )
  .refine(
    ({ session_token, access_key_id }) => session_token === undefined || access_key_id !== undefined,
    'session_token needs access_key_id and secret_access_key',
  )

type Options = z.output<typeof options>

/** What is larger goes in parts, some of them at the same time. */
const PART_BYTES = 16 * 1024 * 1024
const ATTEMPTS = 5
const CONNECT_MS = 10_000
const IDLE_MS = 60_000
/** Amazon's first region answers for buckets of all others, and says where they are. */
const FIRST_REGION = 'us-east-1'
const PUT_ID = 'anomstackput'

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket; create it, or check model_path and the endpoint',
  AccessDenied:
    'access denied; the credentials need s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject',
  Forbidden:
    'access denied; the credentials need s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject',
  InvalidAccessKeyId: 'the access key is not known; check access_key_id',
  SignatureDoesNotMatch: 'the secret does not fit the access key; check secret_access_key',
  ExpiredToken: 'the credentials have expired; renew them',
  InvalidToken: 'the session token is not valid; check session_token',
  PermanentRedirect: 'the bucket is in another region; set region',
  AuthorizationHeaderMalformed: 'the bucket is in another region; set region',
  CredentialsProviderError:
    'there are no credentials: set access_key_id and secret_access_key, or give this machine a role or a profile',
  NotImplemented: 'the service cannot do it; it has to know conditional puts (If-None-Match, If-Match)',
}

const NAMES: Readonly<Record<string, Outcome>> = {
  NoSuchKey: 'absent',
  NotFound: 'absent',
  PreconditionFailed: 'conflict',
  ConditionalRequestConflict: 'conflict',
  InvalidRange: 'behind-the-end',
}

function explain(error: unknown): Explanation {
  const name = error instanceof Error ? error.name : ''
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } } | null)?.$metadata
    ?.httpStatusCode
  const advice = ADVICE[name]
  if (advice !== undefined) return { kind: 'failed', reason: advice, retryable: false }
  const kind = NAMES[name] ?? OUTCOMES[status ?? 0]
  if (kind !== undefined) return { kind }
  const network = networkProblem(error)
  if (network !== undefined) return { kind: 'failed', reason: network, retryable: true }
  if (status === 403) return { kind: 'failed', reason: ADVICE.Forbidden!, retryable: false }
  const answer = status === undefined ? '' : ` (HTTP ${status})`
  const retryable = status === undefined || status === 429 || status >= 500 || status === 408
  return { kind: 'failed', reason: `${messageOf(error)}${answer}`, retryable }
}

async function connect({ region, endpoint, ...given }: Options): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3')
  const config: S3ClientConfig = {
    forcePathStyle: given.force_path_style,
    followRegionRedirects: true,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
    ...(given.access_key_id === undefined || given.secret_access_key === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: given.access_key_id,
            secretAccessKey: given.secret_access_key,
            ...(given.session_token === undefined ? {} : { sessionToken: given.session_token }),
          },
        }),
    // Other services do not know Amazon's newer checksums.
    ...(endpoint === undefined
      ? {}
      : {
          endpoint,
          requestChecksumCalculation: 'WHEN_REQUIRED' as const,
          responseChecksumValidation: 'WHEN_REQUIRED' as const,
        }),
  }
  if (region !== undefined) return new S3Client({ ...config, region })
  const client = new S3Client(config)
  try {
    await client.config.region()
    return client
  } catch {
    return new S3Client({ ...config, region: FIRST_REGION })
  }
}

const conditionOf = (condition: PutCondition | undefined) => {
  if (condition === undefined) return {}
  return 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch }
}

/** Heads tell seconds, lists some services' milliseconds. */
const modifiedAt = (date: Date | undefined) => Math.floor((date?.getTime() ?? 0) / 1000) * 1000

async function openBucket(bucketName: string, given: Options): Promise<Bucket> {
  const sdk = await import('@aws-sdk/client-s3')
  const { Upload } = await import('@aws-sdk/lib-storage')
  const client = await connect(given)
  const at = (name: string) => ({ Bucket: bucketName, Key: name })
  return {
    explain,
    async put(name, parts, { condition, putId }) {
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      const input = { ...at(name), ...conditionOf(condition), Metadata: { [PUT_ID]: putId } }
      const { ETag = '' } =
        size <= PART_BYTES
          ? await client.send(new sdk.PutObjectCommand({ ...input, Body: Buffer.concat(parts) }))
          : await new Upload({
              client,
              params: { ...input, Body: Readable.from(gathered(parts, PART_BYTES)) },
              partSize: PART_BYTES,
            }).done()
      return { etag: ETag }
    },
    async get(name, range) {
      const object = await client.send(
        new sdk.GetObjectCommand({
          ...at(name),
          ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
      )
      return {
        bytes: (await object.Body?.transformToByteArray()) ?? new Uint8Array(),
        etag: object.ETag ?? '',
      }
    },
    async head(name) {
      const {
        ContentLength = 0,
        ETag = '',
        LastModified,
        Metadata,
      } = await client.send(new sdk.HeadObjectCommand(at(name)))
      return {
        size: ContentLength,
        etag: ETag,
        modified: modifiedAt(LastModified),
        putId: Metadata?.[PUT_ID],
      }
    },
    async *list(prefix) {
      for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket: bucketName, Prefix: prefix }))
        for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? [])
          yield { name: Key, size: Size, etag: ETag, modified: modifiedAt(LastModified) }
    },
    async delete(name) {
      await client.send(new sdk.DeleteObjectCommand(at(name)))
    },
  }
}

/** Objects in a bucket of Amazon S3, or of a service that speaks its protocol and knows conditional puts. */
export const s3 = defineStorage({
  name: 's3',
  summary: 'Keeps model bundles in a bucket of Amazon S3, or of a service that speaks its protocol.',
  options,
  example: { region: 'eu-central-1' },
  exampleLocation: 'my-bucket/models',
  environment: {
    access_key_id: 'ANOMSTACK_AWS_ACCESS_KEY_ID',
    secret_access_key: 'ANOMSTACK_AWS_SECRET_ACCESS_KEY',
    session_token: 'ANOMSTACK_AWS_SESSION_TOKEN',
    region: 'ANOMSTACK_AWS_REGION',
    endpoint: 'ANOMSTACK_S3_ENDPOINT',
    force_path_style: 'ANOMSTACK_S3_FORCE_PATH_STYLE',
  },
  create(location, given) {
    const { bucket, folder } = parseLocation(location, { scheme: 's3', noun: 'bucket' })
    return createCloudStorage({
      place: `s3://${bucket}/${folder}`,
      noun: 'bucket',
      folder,
      packages: ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
      secrets: [given.secret_access_key, given.session_token],
      open: () => openBucket(bucket, given),
    })
  },
})

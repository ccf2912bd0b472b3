import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { BlobServiceClient, StoragePipelineOptions } from '@azure/storage-blob'
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
    connection_string: z.string().min(1).optional().meta({
      description: 'A connection string of the storage account, as the portal shows it.',
      secret: true,
    }),
    account: z
      .string()
      .regex(
        /^[a-z0-9]{3,24}$/,
        'expected the name of a storage account: 3 to 24 lower-case letters and digits',
      )
      .optional()
      .meta({ description: 'Name of the storage account, where there is no connection string.' }),
    account_key: z.string().min(1).optional().meta({
      description:
        'Its key. With neither a key nor a SAS token, what Azure knows of this machine counts: variables, managed identity, its command line.',
      secret: true,
    }),
    sas_token: z.string().min(1).optional().meta({
      description: 'A shared access signature that may read, write, list and delete.',
      secret: true,
    }),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description: 'Address of the blob service; https://ACCOUNT.blob.core.windows.net when not given.',
      }),
  })
  .refine(
    ({ connection_string, account, endpoint }) => (connection_string ?? account ?? endpoint) !== undefined,
    'set connection_string, account or endpoint',
  )
  .refine(
    ({ account, account_key }) => account_key === undefined || account !== undefined,
    'account_key needs account',
  )

type Options = z.output<typeof options>

/** What is larger goes in blocks, some of them at the same time. */
const BLOCK_BYTES = 8 * 1024 * 1024
const AT_ONCE = 4
const PUT_ID = 'anomstackput'
const PIPELINE: StoragePipelineOptions = {
  retryOptions: { maxTries: 5, tryTimeoutInMs: 60_000, retryDelayInMs: 500, maxRetryDelayInMs: 20_000 },
}

const ADVICE: Readonly<Record<string, string>> = {
  ContainerNotFound: 'there is no such container; create it, or check model_path and the account',
  ContainerBeingDeleted: 'the container is being deleted',
  AuthenticationFailed:
    'the credentials were not accepted; check account and account_key, sas_token or connection_string, and the clock',
  AuthorizationFailure:
    'access denied; check account_key or sas_token, and the roles and network rules of the account',
  AuthorizationPermissionMismatch: 'access denied; the identity needs the role Storage Blob Data Contributor',
  AuthorizationProtocolMismatch: 'access denied; the SAS token does not allow this protocol',
  AuthorizationServiceMismatch: 'access denied; the SAS token is not for blobs',
  AuthorizationResourceTypeMismatch: 'access denied; the SAS token is not for containers and objects',
  InvalidAuthenticationInfo: 'the credentials were not accepted; check them',
  NoAuthenticationInformation: 'the credentials were not accepted; check them',
  InvalidResourceName: 'the container has a name that cannot be one; check model_path',
  AccountIsDisabled: 'the account is disabled',
}

const CODES: Readonly<Record<string, Outcome>> = {
  BlobNotFound: 'absent',
  ResourceNotFound: 'absent',
  BlobAlreadyExists: 'conflict',
  ConditionNotMet: 'conflict',
  TargetConditionNotMet: 'conflict',
  InvalidRange: 'behind-the-end',
}

function explain(error: unknown): Explanation {
  const { code = '', statusCode: status } = error as { readonly code?: string; readonly statusCode?: number }
  const name = error instanceof Error ? error.name : ''
  if (ADVICE[code] !== undefined) return { kind: 'failed', reason: ADVICE[code], retryable: false }
  const kind = CODES[code] ?? OUTCOMES[status ?? 0]
  if (kind !== undefined) return { kind }
  const network = networkProblem(error)
  if (network !== undefined) return { kind: 'failed', reason: network, retryable: true }
  if (/^(CredentialUnavailableError|AuthenticationError|AggregateAuthenticationError)$/.test(name))
    return {
      kind: 'failed',
      reason:
        'there are no credentials: set account_key, sas_token or connection_string, or give this machine an identity',
      retryable: false,
    }
  if (status === 401 || status === 403)
    return {
      kind: 'failed',
      reason: `access denied (${code === '' ? status : code}); check account_key, sas_token or connection_string, and the roles of the identity`,
      retryable: false,
    }
  // The rest of the message is the request's id and time.
  const message = messageOf(error).split('\n', 1)[0]
  const answer = status === undefined ? '' : ` (HTTP ${status}${code === '' ? '' : `, ${code}`})`
  const reason = `${message}${answer}`
  if (status === 429) return { kind: 'failed', reason, retryable: true, impatient: true }
  return { kind: 'failed', reason, retryable: status === undefined || status >= 500 || status === 408 }
}

async function connect(given: Options): Promise<BlobServiceClient> {
  const { BlobServiceClient, StorageSharedKeyCredential } = await import('@azure/storage-blob')
  const { connection_string, account, account_key, sas_token } = given
  if (connection_string !== undefined)
    return BlobServiceClient.fromConnectionString(connection_string, PIPELINE)
  const endpoint = given.endpoint ?? `https://${account ?? ''}.blob.core.windows.net`
  if (account !== undefined && account_key !== undefined)
    return new BlobServiceClient(endpoint, new StorageSharedKeyCredential(account, account_key), PIPELINE)
  if (sas_token !== undefined)
    return new BlobServiceClient(`${endpoint}?${sas_token.replace(/^\?/, '')}`, undefined, PIPELINE)
  const { DefaultAzureCredential } = await import('@azure/identity')
  return new BlobServiceClient(endpoint, new DefaultAzureCredential(), PIPELINE)
}

/** Lists give etags without their quotes. */
const plainEtag = (etag: string | undefined) => (etag ?? '').replaceAll('"', '')

const conditionsOf = (condition: PutCondition | undefined) => {
  if (condition === undefined) return {}
  return {
    conditions: 'ifAbsent' in condition ? { ifNoneMatch: '*' } : { ifMatch: `"${condition.ifMatch}"` },
  }
}

async function openBucket(containerName: string, given: Options): Promise<Bucket> {
  const container = (await connect(given)).getContainerClient(containerName)
  return {
    explain,
    async put(name, parts, { condition, putId }) {
      const blob = container.getBlockBlobClient(name)
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      const about = { ...conditionsOf(condition), metadata: { [PUT_ID]: putId } }
      const { etag } =
        size <= BLOCK_BYTES
          ? await blob.upload(Buffer.concat(parts), size, about)
          : await blob.uploadStream(
              Readable.from(gathered(parts, BLOCK_BYTES), { objectMode: false }),
              BLOCK_BYTES,
              AT_ONCE,
              about,
            )
      return { etag: plainEtag(etag) }
    },
    async get(name, range) {
      const start = range?.start ?? 0
      const { readableStreamBody, etag } = await container
        .getBlobClient(name)
        .download(start, range && range.end - start)
      const bytes =
        readableStreamBody === undefined ? Buffer.alloc(0) : await buffer(Readable.from(readableStreamBody))
      return { bytes: new Uint8Array(bytes), etag: plainEtag(etag) }
    },
    async head(name) {
      const {
        contentLength = 0,
        etag,
        lastModified,
        metadata,
      } = await container.getBlobClient(name).getProperties()
      return {
        size: contentLength,
        etag: plainEtag(etag),
        modified: lastModified?.getTime() ?? 0,
        putId: metadata?.[PUT_ID],
      }
    },
    async *list(prefix) {
      for await (const { name, properties } of container.listBlobsFlat({ prefix }))
        yield {
          name,
          size: properties.contentLength ?? 0,
          etag: plainEtag(properties.etag),
          modified: properties.lastModified.getTime(),
        }
    },
    async delete(name) {
      await container.getBlobClient(name).delete({ deleteSnapshots: 'include' })
    },
  }
}

/** Objects in a container of Azure Blob Storage. */
export const azure = defineStorage({
  name: 'az',
  summary: 'Keeps model bundles in a container of Azure Blob Storage.',
  options,
  example: { account: 'mycompany' },
  exampleLocation: 'my-container/models',
  environment: {
    connection_string: 'ANOMSTACK_AZURE_STORAGE_CONNECTION_STRING',
    account: 'ANOMSTACK_AZURE_STORAGE_ACCOUNT',
    account_key: 'ANOMSTACK_AZURE_STORAGE_KEY',
    sas_token: 'ANOMSTACK_AZURE_STORAGE_SAS_TOKEN',
    endpoint: 'ANOMSTACK_AZURE_STORAGE_ENDPOINT',
  },
  create(location, given) {
    const { bucket, folder } = parseLocation(location, { scheme: 'az', noun: 'container' })
    return createCloudStorage({
      place: `az://${bucket}/${folder}`,
      noun: 'container',
      folder,
      packages: ['@azure/storage-blob', '@azure/identity'],
      secrets: [
        given.connection_string,
        /AccountKey=([^;]+)/i.exec(given.connection_string ?? '')?.[1],
        /SharedAccessSignature=([^;]+)/i.exec(given.connection_string ?? '')?.[1],
        given.account_key,
        given.sas_token,
        /sig=([^&]+)/.exec(given.sas_token ?? '')?.[1],
      ],
      open: () => openBucket(bucket, given),
    })
  },
})

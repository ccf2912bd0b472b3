import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ConnectionOptions } from 'snowflake-sdk'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { SnowflakeOptions } from './options.ts'

const CONNECT_RETRIES = 1

/** What the driver needs to log in. Throws `CONNECTION_FAILED`, saying which option to set. */
export async function loginOptions(given: SnowflakeOptions, projectDir: string): Promise<ConnectionOptions> {
  const { account, access_url: accessUrl, user } = given
  const authenticator = authenticatorOf(given)
  if (account === undefined && accessUrl === undefined) throw incomplete('set account')
  if (user === undefined && authenticator.startsWith('SNOWFLAKE')) throw incomplete('set user')
  if (authenticator === 'SNOWFLAKE' && given.password === undefined)
    throw incomplete('set password, private_key, private_key_path or token')
  return {
    account: account ?? new URL(accessUrl!).hostname.split('.')[0]!,
    ...(accessUrl === undefined ? {} : { accessUrl: accessUrl.replace(/\/+$/, '') }),
    authenticator,
    ...(user === undefined ? {} : { username: user }),
    ...(await credentialsOf(given, authenticator, projectDir)),
    ...named({
      warehouse: given.warehouse,
      database: given.database,
      schema: given.schema,
      role: given.role,
    }),
    application: 'anomstack',
    sfRetryMaxLoginRetries: CONNECT_RETRIES,
    clientSessionKeepAlive: false,
  }
}

/** What must not show in an error. */
export function secretsOf({
  password,
  private_key,
  private_key_passphrase,
  token,
}: SnowflakeOptions): readonly string[] {
  return [password, private_key, private_key_passphrase, token]
    .filter((secret) => secret !== undefined && secret !== '')
    .sort((a, b) => b!.length - a!.length) as string[]
}

function authenticatorOf(given: SnowflakeOptions): NonNullable<SnowflakeOptions['authenticator']> {
  if (given.authenticator !== undefined) return given.authenticator
  if (given.private_key !== undefined || given.private_key_path !== undefined) return 'SNOWFLAKE_JWT'
  return given.token === undefined ? 'SNOWFLAKE' : 'PROGRAMMATIC_ACCESS_TOKEN'
}

async function credentialsOf(
  given: SnowflakeOptions,
  authenticator: string,
  projectDir: string,
): Promise<ConnectionOptions> {
  switch (authenticator) {
    case 'SNOWFLAKE_JWT':
      return { privateKey: await privateKeyOf(given, projectDir) }
    case 'OAUTH':
    case 'PROGRAMMATIC_ACCESS_TOKEN':
      if (given.token === undefined) throw incomplete('set token')
      return { token: given.token }
    case 'WORKLOAD_IDENTITY':
      if (given.workload_identity_provider === undefined) throw incomplete('set workload_identity_provider')
      return { workloadIdentityProvider: given.workload_identity_provider }
    default:
      return named({ password: given.password })
  }
}

/** The key as the driver takes it: decrypted, as PEM of PKCS #8. */
async function privateKeyOf(given: SnowflakeOptions, projectDir: string): Promise<string> {
  const { private_key: text, private_key_path: path, private_key_passphrase: passphrase } = given
  if (text === undefined && path === undefined) throw incomplete('set private_key or private_key_path')
  try {
    // A text from the environment may have its line breaks written as \n.
    const key = text?.replaceAll('\\n', '\n') ?? (await readFile(resolve(projectDir, path!), 'utf8'))
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) })
      .export({ type: 'pkcs8', format: 'pem' })
      .toString()
  } catch (error) {
    throw new AnomstackError(
      'CONNECTION_FAILED',
      `the private key for Snowflake cannot be read (${messageOf(error)}); it must be a PEM, with private_key_passphrase if it is encrypted`,
      { retryable: false },
    )
  }
}

function named(values: Record<string, string | undefined>): ConnectionOptions {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function incomplete(advice: string): AnomstackError {
  return new AnomstackError('CONNECTION_FAILED', `Snowflake: the connection is incomplete; ${advice}`, {
    retryable: false,
  })
}

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { BigqueryOptions } from './options.ts'

/** Credentials of Google as a file holds them: a service account's key, a user's, or those of a foreign identity. */
export interface BigqueryCredentials {
  readonly content: Readonly<Record<string, unknown>> | undefined
  /** What must not show in an error. */
  readonly secrets: readonly string[]
}

/** Parts that tell who somebody is, not how to become them. */
const PUBLIC =
  /^(type|project_id|quota_project_id|client_email|universe_domain|audience|subject_token_type)$|_(uri|url)$/

/** The credentials that the options name, if any; the file comes first. Throws `CONNECTION_FAILED` for what cannot be read, without any of its content. */
export async function readCredentials(
  { credentials, credentials_json }: BigqueryOptions,
  projectDir: string,
): Promise<BigqueryCredentials> {
  const text =
    credentials === undefined ? credentials_json : await readKeyFile(resolve(projectDir, credentials))
  if (text === undefined) return { content: undefined, secrets: [] }
  const source = credentials === undefined ? 'credentials_json' : `the credentials file ${credentials}`
  const content = contentOf(text)
  if (content === undefined)
    throw unusable(
      `${source} holds no JSON object; it must be the key file of a service account, or other credentials that Google Cloud hands out`,
    )
  return { content, secrets: secretsOf(text, content) }
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(`the credentials file cannot be read: ${messageOf(error)}`)
  }
}

function unusable(problem: string): AnomstackError {
  return new AnomstackError('CONNECTION_FAILED', `BigQuery: ${problem}`, { retryable: false })
}

/** The parser's own message would show a piece of the text. */
function contentOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const content: unknown = JSON.parse(text)
    return typeof content === 'object' && content !== null && !Array.isArray(content)
      ? (content as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}

function secretsOf(text: string, content: Readonly<Record<string, unknown>>): readonly string[] {
  const values = Object.entries(content).flatMap(([key, value]) =>
    typeof value === 'string' && value.length >= 8 && !PUBLIC.test(key)
      ? [value, JSON.stringify(value).slice(1, -1)]
      : [],
  )
  return [...new Set([text, ...values])].sort((a, b) => b.length - a.length)
}

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AnomstackError, messageOf } from '../../core/errors.ts'

/** A key of AES-256 and the name that what it encrypts knows it by. */
export interface EncryptionKey {
  readonly bytes: Uint8Array
  /** Eight bytes that tell nothing of the key. */
  readonly id: Uint8Array
}

/** What a text of keys has to look like. */
export const KEY_FORM = 'expected 32 bytes in base64 or as 64 hexadecimal digits'

function keyIn(text: string): EncryptionKey | undefined {
  const encoding = /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64'
  if (encoding === 'base64' && !/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, encoding)
  const id = createHmac('sha256', bytes).update('anomstack model key').digest().subarray(0, 8)
  return { bytes, id }
}

/** The keys of a text, separated by commas or white space, or of a list; undefined when one of them is none. */
export function parseEncryptionKeys(given: string | readonly string[]): readonly EncryptionKey[] | undefined {
  const texts = (typeof given === 'string' ? [given] : given).flatMap((text) => text.split(/[\s,]+/))
  const keys = texts.filter((text) => text !== '').map(keyIn)
  return keys.some((key) => key === undefined) ? undefined : keys.filter((key) => key !== undefined)
}

/** The keys in a file, one a line; lines that begin with # say something else. Throws `CONFIG_INVALID`. */
export async function readEncryptionKeys(path: string): Promise<readonly EncryptionKey[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new AnomstackError(
      'CONFIG_INVALID',
      `the file of encryption keys cannot be read: ${messageOf(error)}`,
    )
  }
  const keys = parseEncryptionKeys(text.split('\n').filter((line) => !line.trimStart().startsWith('#')))
  if (keys === undefined || keys.length === 0)
    throw new AnomstackError('CONFIG_INVALID', `no encryption keys: ${KEY_FORM}, one a line`, {
      at: { file: path },
    })
  return keys
}

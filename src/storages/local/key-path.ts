/**
 * Keys as paths on any file system, without loss: nothing collides where case is ignored, no name is reserved, hidden or too long.
 *
 * A segment keeps `a-z 0-9 - _ = @ ~` and inner dots; everything else is percent-encoded as UTF-8. Names of folders have no dot and names of files
 * always have one (`.%` is added where there is none), so that the keys `a` and `a/b` can both exist. A segment too long for a
 * file name is cut into folders, each but the last marked with `%+`.
 */
const LONGEST_NAME = 200
const KEPT = /^[a-z0-9\-_=@~]$/
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/
const NO_DOT = '.%'
const CONTINUED = '%+'

const hex = (byte: number) => `%${byte.toString(16).padStart(2, '0')}`

function encodeCharacter(character: string): string {
  if (KEPT.test(character)) return character
  const code = character.codePointAt(0)!
  // Half of a surrogate pair has no UTF-8.
  if (code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16)}`
  return Array.from(Buffer.from(character, 'utf8'), hex).join('')
}

function encodeFileName(segment: string): string {
  const characters = Array.from(segment)
  const name = characters
    .map((character, i) =>
      character === '.' && i > 0 && i < characters.length - 1 ? '.' : encodeCharacter(character),
    )
    .join('')
  const safe = RESERVED.test(name) ? hex(name.charCodeAt(0)) + name.slice(1) : name
  return safe.includes('.') ? safe : safe + NO_DOT
}

function encodeFolderNames(segment: string): string[] {
  const names: string[] = []
  let name = ''
  for (const character of segment) {
    const encoded = encodeCharacter(character)
    if (name.length + encoded.length > LONGEST_NAME) {
      names.push(name + CONTINUED)
      name = ''
    }
    name += encoded
  }
  names.push(name)
  return names.map((each) => (RESERVED.test(each) ? hex(each.charCodeAt(0)) + each.slice(1) : each))
}

/** Path parts of a key, relative to the storage's folder, the last one being the file; undefined when it is not a key. */
export function pathOfKey(key: string): readonly string[] | undefined {
  const segments = key.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return undefined
  const parts = segments.slice(0, -1).flatMap(encodeFolderNames)
  const last = segments.at(-1)!
  const name = encodeFileName(last)
  if (name.length <= LONGEST_NAME) return [...parts, name]
  const names = encodeFolderNames(last)
  return [...parts, ...names.slice(0, -1), names.at(-1)! + NO_DOT]
}

/** What a name in a storage's folder stands for: a whole segment, or a beginning that goes on inside. */
export interface DecodedName {
  readonly text: string
  readonly continued: boolean
}

function decodeText(name: string): string {
  let text = ''
  for (const [part] of name.matchAll(/(?:%[0-9a-f]{2})+|%u[0-9a-f]{4}|[\s\S]/g)) {
    if (part.startsWith('%u')) text += String.fromCharCode(Number.parseInt(part.slice(2), 16))
    else if (part.startsWith('%') && part.length > 1)
      text += Buffer.from(part.replaceAll('%', ''), 'hex').toString('utf8')
    else text += part
  }
  return text
}

/** The reverse of `pathOfKey` for one part. What others left in the folder decodes to something too: check that its key leads back to it. */
export function decodeName(name: string, kind: 'file' | 'folder'): DecodedName {
  const continued = kind === 'folder' && name.endsWith(CONTINUED)
  const suffix = continued ? CONTINUED : kind === 'file' && name.endsWith(NO_DOT) ? NO_DOT : ''
  return { text: decodeText(name.slice(0, name.length - suffix.length)), continued }
}

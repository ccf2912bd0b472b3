/**
 * Keys as names of objects that every cloud takes, lists and signs alike, without loss: letters, digits and `_ . ~ = @ , - /` stand for themselves, and so
 * does what is not ASCII; other characters, a dot at the end of a segment and halves of surrogate pairs are `%XX` or `%uXXXX`, by code unit.
 */
const ESCAPED =
  /[^A-Za-z0-9_.~=@,\-/\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\u{10000}-\u{10ffff}]|\.(?=\/|$)/gu

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  const hex = code.toString(16).toUpperCase()
  return code < 256 ? `%${hex.padStart(2, '0')}` : `%u${hex.padStart(4, '0')}`
}

const encode = (text: string) => text.replace(ESCAPED, escaped)

/** Undefined for what is no key: one with a segment that is empty, `.` or `..`. */
export function nameOfKey(key: string): string | undefined {
  const segments = key.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return undefined
  return encode(key)
}

/** What the names of all keys with the prefix begin with; those of other keys may, too. */
export function beginningOfNames(prefix: string): string {
  // What follows tells how a dot, or half of a surrogate pair, is written.
  return encode(prefix.replace(/[.\ud800-\udfff]+$/, ''))
}

/** The key of a name; undefined for a name that is no key's. */
export function keyOfName(name: string): string | undefined {
  const key = name.replace(/%u([0-9A-F]{4})|%([0-9A-F]{2})/g, (_, wide: string | undefined, narrow: string) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow, 16)),
  )
  return nameOfKey(key) === name ? key : undefined
}

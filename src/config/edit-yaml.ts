import { isDeepStrictEqual } from 'node:util'
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { readYamlFile } from './yaml-file.ts'

/** Keys that belong together: all of them are written, or none. */
export interface YamlEdit {
  readonly keys: readonly { readonly path: readonly string[]; readonly value: Json }[]
  /** Stands as a comment over what is written. */
  readonly why: string
  /** Keys of the top level that say the same, or exclude it: where one is set, nothing is written. */
  readonly insteadOf?: readonly string[]
  /** Keys that have another value get this one, and take the place of those that they exclude. */
  readonly replace?: boolean
}

export interface EditedYaml {
  readonly text: string
  /** In the order of the edits. */
  readonly outcomes: readonly EditOutcome[]
}

/** `kept`: a key is set to something else, which stays; `there`: all keys have these values already. */
export type EditOutcome =
  | { readonly status: 'written' | 'there' }
  | { readonly status: 'kept'; readonly key: string; readonly value: unknown }

/**
 * The text of a YAML file with more keys. What stands there is kept byte for byte, comments too; keys that are set are not overwritten. Throws `CONFIG_INVALID` when the
 * text has faults, or is written in a way in which no key can be added.
 */
export function editYaml(text: string, file: string, edits: readonly YamlEdit[]): EditedYaml {
  const outcomes: EditOutcome[] = []
  let edited = text
  for (const edit of edits) {
    const values = valuesOf(edited, file)
    const missing = edit.keys.filter(({ path, value }) => !isDeepStrictEqual(at(values, path), value))
    const excluding = (edit.insteadOf ?? []).find((key) => at(values, [key]) != null)
    const taken =
      excluding === undefined
        ? missing.map(({ path }) => takenOn(values, path)).find((key) => key !== undefined)
        : { key: excluding, value: at(values, [excluding]) }
    if (taken !== undefined && edit.replace !== true && missing.length > 0) {
      outcomes.push({ status: 'kept', ...taken })
      continue
    }
    if (excluding !== undefined && missing.length > 0)
      edited = renamed(edited, file, excluding, edit.keys[0]!.path[0]!)
    let why = edit.why
    for (const { path, value } of missing) {
      const isNew = at(values, path.slice(0, 1)) === undefined
      edited = withKey(edited, file, { path, value, why })
      // Once, over the first key of the top level.
      if (isNew) why = ''
    }
    outcomes.push({ status: missing.length === 0 ? 'there' : 'written' })
  }
  return { text: edited, outcomes }
}

function valuesOf(text: string, file: string): Readonly<Record<string, unknown>> {
  const faults: string[] = []
  const read = readYamlFile(text, file, ({ line }, { message }) => {
    faults.push(`${file}${line === undefined ? '' : `:${line}`}: ${message}`)
  })
  if (read === undefined || faults.length > 0)
    throw new AnomstackError(
      'CONFIG_INVALID',
      `${faults.join('\n')}; correct this first, nothing was written`,
    )
  return read.values
}

function at(values: unknown, path: readonly string[]): unknown {
  let found = values
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Readonly<Record<string, unknown>>)[key]
  }
  return found
}

/** What stands on the way to a path: its own value, or one that is no map. */
function takenOn(values: unknown, path: readonly string[]): { key: string; value: unknown } | undefined {
  for (let length = 1; length <= path.length; length++) {
    const value = at(values, path.slice(0, length))
    if (value === undefined) return undefined
    const isMapOfKeys = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (length === path.length || !isMapOfKeys) return { key: path.slice(0, length).join('.'), value }
  }
  return undefined
}

/** The text with another name of a key of the top level; its value is to be written over. */
function renamed(text: string, file: string, from: string, to: string): string {
  const pair = topLevelPair(text, from)
  if (pair === undefined || !isNode(pair.key) || !pair.key.range)
    throw new AnomstackError('CONFIG_INVALID', `${file}: write ${to} in place of ${from} by hand`)
  const offset = text.startsWith('\uFEFF') ? 1 : 0
  const [begin, end] = pair.key.range
  return text.slice(0, offset + begin) + to + text.slice(offset + end)
}

function topLevelPair(text: string, key: string): Pair | undefined {
  const { contents } = parsed(text)
  return isMap(contents)
    ? contents.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined
}

function parsed(text: string): Document.Parsed {
  return parseDocument(text.replace(/^\uFEFF/, ''), { merge: true, stringKeys: true, logLevel: 'error' })
}

interface NewKey {
  readonly path: readonly string[]
  readonly value: Json
  readonly why: string
}

/** Each way keeps more of the text than the one after it; the first that gives the right values is taken. */
function withKey(text: string, file: string, key: NewKey): string {
  const before = valuesOf(text, file)
  const wanted = set(before, key.path, key.value)
  for (const write of [inPlace, atTheEnd, anew]) {
    const edited = write(text, key)
    if (edited !== undefined && isDeepStrictEqual(quietly(edited, file), wanted)) return edited
  }
  throw new AnomstackError(
    'CONFIG_INVALID',
    `${file}: ${key.path.join('.')} cannot be added to a file that is written like this; write it by hand: ${written(nested(key.path, key.value))}`,
  )
}

function quietly(text: string, file: string): unknown {
  try {
    return valuesOf(text, file)
  } catch {
    return undefined
  }
}

function set(values: unknown, [key = '', ...rest]: readonly string[], value: Json): unknown {
  const map = typeof values === 'object' && values !== null && !Array.isArray(values) ? values : {}
  const old = Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : undefined
  // A computed key, so that a metric called __proto__ is a key as well.
  return { ...map, [key]: rest.length === 0 ? value : set(old, rest, value) }
}

function nested(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value)
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n'
}

/** Behind the last entry of the map that is to hold it, or in place of the old value. */
function inPlace(text: string, { path, value, why }: NewKey): string | undefined {
  const offset = text.startsWith('\uFEFF') ? 1 : 0
  let holder: unknown = parsed(text).contents
  for (const [index, key] of path.entries()) {
    if (!isMap(holder)) return undefined
    const pair = holder.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    if (pair === undefined)
      return index === 0
        ? undefined
        : insertInto(text, { holder, offset, path: path.slice(index), value, why })
    if (index === path.length - 1) return replaced(text, pair, offset, value)
    holder = pair.value
  }
  return undefined
}

function replaced(text: string, { value: old }: Pair, offset: number, value: Json): string | undefined {
  if (!isScalar(old) || old.range === undefined || old.range === null) return undefined
  const [begin, end] = old.range
  return text.slice(0, offset + begin) + written(value) + text.slice(offset + end)
}

function insertInto(
  text: string,
  {
    holder,
    offset,
    path,
    value,
  }: Omit<NewKey, 'path'> & {
    readonly holder: YAMLMap
    readonly offset: number
    readonly path: readonly string[]
  },
): string | undefined {
  const [first, last] = [holder.items[0], holder.items.at(-1)]
  if (holder.flow === true || !isNode(first?.key) || !first.key.range) return undefined
  const lastNode = isNode(last?.value) ? last.value : isNode(last?.key) ? last.key : undefined
  if (lastNode?.range === undefined || lastNode.range === null) return undefined
  const lineStart = text.lastIndexOf('\n', offset + first.key.range[0] - 1) + 1
  const indent = ' '.repeat(offset + first.key.range[0] - lineStart)
  const end = offset + lastNode.range[1]
  const lineEnd = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1
  const eol = eolOf(text)
  const lines = blockOf(nested(path, value)).map((line) => indent + line + eol)
  return lineEnd === 0
    ? text + eol + lines.join('')
    : text.slice(0, lineEnd) + lines.join('') + text.slice(lineEnd)
}

/** As a new key of the top level, with its reason above. */
function atTheEnd(text: string, { path, value, why }: NewKey): string {
  const eol = eolOf(text)
  const lines = [
    ...(why === '' ? [] : [`# ${why.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`]),
    ...blockOf(nested(path, value)),
  ]
  const gap = text === '' || text.endsWith('\n') ? '' : eol
  return text + gap + lines.map((line) => line + eol).join('')
}

function blockOf(value: Json): readonly string[] {
  return written(value).split('\n')
}

/** Such that YAML 1.1, in which `no` and `on` are booleans, reads the same. */
function written(value: Json): string {
  return stringify(value, { lineWidth: 0, version: '1.1' }).trimEnd()
}

/** The whole document as its parser writes it: comments stay, spaces may not. */
function anew(text: string, { path, value }: NewKey): string | undefined {
  const bom = text.startsWith('\uFEFF') ? '\uFEFF' : ''
  const document: Document = parsed(text)
  if (document.errors.length > 0) return undefined
  try {
    document.setIn(path, document.createNode(value))
    return bom + document.toString({ lineWidth: 0 }).replaceAll('\n', eolOf(text))
  } catch {
    return undefined
  }
}

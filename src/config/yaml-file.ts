import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type ScalarTag,
} from 'yaml'
import { messageOf } from '../core/errors.ts'
import type { Place, Report } from './faults.ts'

/** Where a value, or its key, stands in a file; the nearest that is there when the path leads further. */
export type PlaceOf = (path: readonly PropertyKey[], part?: 'key' | 'value') => Place

/** A YAML file whose top level is a map. */
export interface YamlFile {
  readonly values: Readonly<Record<string, unknown>>
  readonly placeOf: PlaceOf
}

/** YAML 1.1 as PyYAML reads it: `yes`, `no`, `on` and `off` are booleans, `y` and `n` are not. */
const pythonBool: ScalarTag = {
  identify: (value) => typeof value === 'boolean',
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: /^(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
  resolve: (text) => new Scalar(/^(?:y|t|on)/i.test(text)),
}

function parse(text: string, lines?: LineCounter): Document.Parsed {
  return parseDocument(text, {
    merge: true,
    prettyErrors: false,
    stringKeys: true,
    // No warnings on standard error; `silent` would swallow a second document too.
    logLevel: 'error',
    customTags: (tags) => [pythonBool, ...tags],
    ...(lines === undefined ? {} : { lineCounter: lines }),
  })
}

function pairAt(node: unknown, key: PropertyKey, document: Document): Pair | undefined {
  if (!isMap(node)) return undefined
  const named = node.items.find((pair) => isScalar(pair.key) && pair.key.value === key)
  if (named !== undefined) return named
  for (const pair of node.items) {
    if (!isScalar(pair.key) || pair.key.value !== '<<') continue
    const merged = follow(pair.value, document)
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const found = pairAt(follow(source, document), key, document)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function follow(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function nodeAt(document: Document, path: readonly PropertyKey[], part: 'key' | 'value'): Node | undefined {
  let node: unknown = document.contents
  let found: unknown
  for (const [index, step] of path.entries()) {
    const parent = follow(node, document)
    const child: unknown = isSeq(parent) ? parent.items[Number(step)] : pairAt(parent, step, document)
    if (child === undefined) break
    const last = index === path.length - 1
    node = isPair(child) ? child.value : child
    found = isPair(child) && (node === null || (last && part === 'key')) ? child.key : node
  }
  return isNode(found) ? found : undefined
}

/** Reads a file's text; every fault is reported. Undefined when it is faulty or empty. */
export function readYamlFile(text: string, file: string, report: Report): YamlFile | undefined {
  const lines = new LineCounter()
  const document = parse(text.replace(/^\uFEFF/, ''), lines)
  const at = (offset: number | undefined): Place => {
    if (offset === undefined) return { file }
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  for (const { message, pos } of [...document.errors, ...document.warnings])
    report(at(pos[0]), { message: `not valid YAML: ${message}` })
  if (document.errors.length + document.warnings.length > 0) return undefined
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    report({ file }, { severity: 'warning', message: 'the file is empty' })
    return undefined
  }
  if (!isMap(document.contents)) {
    report(at(document.contents.range?.[0]), {
      message: 'the top level of the file is not a map of keys and values',
    })
    return undefined
  }
  try {
    const values = document.toJS({ maxAliasCount: 100 })
    return { values, placeOf: (path, part = 'value') => at(nodeAt(document, path, part)?.range?.[0]) }
  } catch (error) {
    report({ file, line: 1, column: 1 }, { message: `not valid YAML: ${messageOf(error)}` })
    return undefined
  }
}

/** The value of a text that stands alone, such as that of an environment variable: a YAML scalar or flow collection; anything else is the text itself. */
export function readYamlValue(text: string): unknown {
  const document = parse(text)
  const { contents } = document
  if (document.errors.length + document.warnings.length > 0 || contents === null) return text
  // Folding the lines of a plain text would put SQL behind the first of its comments.
  const plain = isScalar(contents) && contents.type === Scalar.PLAIN && typeof contents.value === 'string'
  if (plain || isAlias(contents) || ((isMap(contents) || isSeq(contents)) && contents.flow !== true))
    return text
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return text
  }
}

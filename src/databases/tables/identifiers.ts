import { AnomstackError } from '../../core/errors.ts'

const PART = /"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]|[^."`[\]][^.]*/y

function unquote(part: string): string {
  const first = part[0]
  if (first === '"') return part.slice(1, -1).replaceAll('""', '"')
  if (first === '`') return part.slice(1, -1).replaceAll('``', '`')
  return first === '[' ? part.slice(1, -1) : part
}

/** One part of a table's name. */
export interface NamePart {
  readonly text: string
  /** Whether its writer put it in quotes, which matters where an engine folds names without them to one case. */
  readonly quoted: boolean
}

/** Parts of a table's name as users write it: `metrics`, `sales.metrics`, `"sales.eu".metrics`. A part may stand in double quotes,
 * backticks or brackets and may then hold dots. Throws `INPUT_INVALID`. */
export function tableNameParts(name: string): readonly string[] {
  return writtenParts(name).map(({ text }) => text)
}

/** The same, with which parts were in quotes. Throws `INPUT_INVALID`. */
export function writtenParts(name: string): readonly NamePart[] {
  const parts: NamePart[] = []
  let at = 0
  while (at < name.length || parts.length === 0) {
    PART.lastIndex = at
    const found = PART.exec(name)?.[0]
    if (found === undefined || found.includes('\0')) throw invalidName(name)
    const text = unquote(found)
    parts.push({ text, quoted: text !== found })
    at += found.length
    if (at === name.length) return parts
    if (name[at] !== '.' || at === name.length - 1) throw invalidName(name)
    at += 1
  }
  return parts
}

function invalidName(name: string): AnomstackError {
  return new AnomstackError(
    'INPUT_INVALID',
    `${JSON.stringify(name)} is not a table's name: write table or schema.table, and quote a part that holds dots`,
  )
}

/** A name in standard double quotes, as SQLite, DuckDB and PostgreSQL read them. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quoted parts joined by dots. */
export function quoteTable(parts: readonly string[]): string {
  return parts.map(quoteIdentifier).join('.')
}

import { createHmac } from 'node:crypto'
import type { AnonymizeRule } from '../config/batch-settings.ts'
import { cellText } from '../core/cell-text.ts'
import { AnomstackError } from '../core/errors.ts'
import type { SqlRow } from '../databases/database.ts'

/** Hides what the rules of a batch say, in rows as they come from a query or a function and in texts about them. Nothing of it can be undone. */
export interface Anonymizer {
  /** Columns are found whatever their case. Undefined for a row whose metric_name is dropped. */
  row(raw: SqlRow): SqlRow | undefined
  /** A text of which no column is known, such as a line of output or an error: the patterns are hidden in it. */
  text(text: string): string
  /** Dimensions that are left of these. */
  dimensions(names: readonly string[]): readonly string[]
}

export interface AnonymizerOptions {
  readonly rules: readonly AnonymizeRule[]
  /** Of hashes; it is there wherever a rule needs it. */
  readonly key: string | undefined
  /** Whose values are texts to hide. */
  readonly dimensions: readonly string[]
}

const HASH_LENGTH = 16
const TRUNCATED_LENGTH = 8
const MASK = '***'

interface CompiledRule extends AnonymizeRule {
  readonly expression: RegExp | undefined
  covers(column: string): boolean
}

export function createAnonymizer({ rules, key, dimensions }: AnonymizerOptions): Anonymizer {
  if (rules.length === 0) return { row: (raw) => raw, text: (text) => text, dimensions: (names) => names }
  const compiled = rules.map(compile)
  const texts = new Set(['metric_name', ...dimensions.map((name) => name.toLowerCase())])

  /** The text without what one rule hides, undefined when nothing is left. */
  function hide(text: string, { how, length, expression }: CompiledRule): string | undefined {
    const replace = (found: string): string => {
      if (how === 'drop') return ''
      if (how === 'mask')
        return (
          Array.from(found)
            .slice(0, length ?? 0)
            .join('') + MASK
        )
      if (how === 'truncate')
        return Array.from(found)
          .slice(0, length ?? TRUNCATED_LENGTH)
          .join('')
      if (key === undefined)
        throw new AnomstackError('CONFIG_INVALID', 'anonymize: hash needs a key: set ANOMSTACK_ANONYMIZE_KEY')
      return createHmac('sha256', key)
        .update(found)
        .digest('hex')
        .slice(0, length ?? HASH_LENGTH)
    }
    if (expression !== undefined) return text.replace(expression, replace)
    return how === 'drop' ? undefined : replace(text)
  }

  /** The value as a hidden text; as it is where no rule changes it, undefined where nothing is left. */
  function hideIn(column: string, value: unknown, applying: readonly CompiledRule[] = compiled): unknown {
    if (value === null || value === undefined || typeof value === 'boolean') return value
    const before = cellText(value)
    let text: string | undefined = before
    for (const rule of applying) if (text !== undefined && rule.covers(column)) text = hide(text, rule)
    return text === before ? value : text
  }

  /** Rules for `metadata` hide in its text; all others in the texts and numbers inside it, each under the path of its keys. */
  function hideInMetadata(value: unknown): unknown {
    const structure = parsedMetadata(value)
    if (structure === undefined) return hideIn('metadata', value)
    const inside = hideInside(structure, 'metadata')
    const untouched = JSON.stringify(inside) === JSON.stringify(structure)
    return hideIn(
      'metadata',
      untouched ? value : typeof value === 'string' ? JSON.stringify(inside) : inside,
      compiled.filter(({ columns }) => columns !== undefined),
    )
  }

  function hideInside(value: unknown, path: string): unknown {
    if (Array.isArray(value))
      return value.flatMap((item: unknown) => {
        const hidden = hideInside(item, path)
        return hidden === undefined ? [] : [hidden]
      })
    if (typeof value !== 'object' || value === null) return hideIn(path, value)
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, inner]) => {
        const hidden = hideInside(inner, `${path}.${name}`)
        return hidden === undefined ? [] : [[name, hidden]]
      }),
    )
  }

  function hideInRow(row: SqlRow): SqlRow | undefined {
    const result: Record<string, unknown> = Object.create(null)
    for (const [column, value] of Object.entries(row)) {
      const name = column.toLowerCase()
      if (name === 'metadata') result[column] = hideInMetadata(value)
      else if (!texts.has(name)) result[column] = value
      else {
        const hidden = hideIn(name, value)
        if (name === 'metric_name' && hidden === undefined && value !== undefined) return undefined
        if (hidden !== undefined) result[column] = hidden
      }
    }
    return result
  }

  return {
    row: hideInRow,
    text: (text) =>
      compiled
        .filter(({ expression }) => expression !== undefined)
        .reduce((shown, rule) => hide(shown, rule) ?? '', text),
    dimensions: (names) =>
      names.filter(
        (name) =>
          !compiled.some(
            (rule) => rule.how === 'drop' && rule.expression === undefined && rule.covers(name.toLowerCase()),
          ),
      ),
  }
}

function compile(rule: AnonymizeRule): CompiledRule {
  const globs = rule.columns?.map(
    (column) =>
      new RegExp(
        `^${column
          .toLowerCase()
          .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')}$`,
        's',
      ),
  )
  return {
    ...rule,
    expression: rule.pattern === undefined ? undefined : new RegExp(rule.pattern, 'gu'),
    covers: (column) => globs === undefined || globs.some((glob) => glob.test(column.toLowerCase())),
  }
}

/** Metadata as a structure; undefined for a text that is none. */
function parsedMetadata(value: unknown): object | undefined {
  if (typeof value === 'object' && value !== null) return value
  if (typeof value !== 'string') return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

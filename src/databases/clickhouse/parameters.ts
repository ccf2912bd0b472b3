import { randomUUID } from 'node:crypto'
import type { Statement } from '../tables/dialect.ts'

/** A server takes at most 128 KiB for one value, which may be twice as long as its text when every character is escaped. */
const MAX_TEXT_BYTES = 60_000
const QUOTES_AND_COMMA = 3

/** The type of a bound value, as ClickHouse writes it. */
export function parameterType(value: unknown): string {
  if (Array.isArray(value)) return `Array(${value.length === 0 ? 'String' : parameterType(value[0])})`
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'Int64' : 'Float64'
  return 'String'
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
}

function escaped(text: string): string {
  return text.replace(/[\\'\t\n\r\0]/g, (character) => ESCAPES[character]!)
}

function parameterText(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((each) => (typeof each === 'string' ? `'${escaped(each)}'` : String(each))).join(',')}]`
  return typeof value === 'string' ? escaped(value) : String(value)
}

/** A statement and its values as the parts of a form, which unlike an address has no limit; for values named `p1`, `p2`, …. */
export function statementForm({ text, values }: Statement): { readonly type: string; readonly body: string } {
  const boundary = `anomstack-${randomUUID()}`
  const part = (name: string, content: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`
  const parts = [
    part('query', text),
    ...values.map((value, i) => part(`param_p${i + 1}`, parameterText(value))),
  ]
  return { type: `multipart/form-data; boundary=${boundary}`, body: `${parts.join('')}--${boundary}--\r\n` }
}

/** Items in lists that are each short enough to be one bound value, in order; `textOf` is what is bound of an item, or the longest of it. */
export function bindable<T>(items: Iterable<T>, textOf: (item: T) => string): readonly T[][] {
  const lists: T[][] = []
  let room = 0
  for (const item of items) {
    const bytes = Buffer.byteLength(textOf(item)) + QUOTES_AND_COMMA
    if (lists.length === 0 || bytes > room) {
      lists.push([])
      room = MAX_TEXT_BYTES
    }
    lists.at(-1)!.push(item)
    room -= bytes
  }
  return lists
}

import { templateTags } from './tags.ts'

/** Name of the filter that `withPythonOutput` calls for lists and maps. */
export const PYTHON_FILTER = '__python'

// Strings are marked safe because the engine would escape what it prints into files ending in .js, .json or .html.
const SHOW =
  "{{ ('True' if __shown is true else 'False' if __shown is false else 'None' if __shown is none" +
  ` else __shown|${PYTHON_FILTER} if __shown is sequence or __shown is mapping else __shown)|safe }}`

/** The template changed so that `{{ … }}` prints as Jinja2 does: True, False and None, and lists and maps as Python writes them. Lines stay where
 * they are. (The engine prints `true`, `none` and JSON, and lets no finalizer be set.) */
export function withPythonOutput(text: string): string {
  let result = ''
  let from = 0
  for (const { kind, start, end, before, after, content } of templateTags(text)) {
    if (kind !== 'print' || content.trim() === '') continue
    result += `${text.slice(from, start)}{%${before} with __shown = (${content}) %}${SHOW}{% endwith ${after}%}`
    from = end
  }
  return result + text.slice(from)
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replace(/[\\\p{Cc}]/gu, (character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
    return ESCAPES[character] ?? `\\x${hex}`
  })
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote
}

/** A value as Python's `repr` writes it. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return pythonString(value)
  if (Array.isArray(value)) return `[${value.map(pythonText).join(', ')}]`
  if (typeof value === 'object') {
    const entries = value instanceof Map ? [...value] : Object.entries(value)
    return `{${entries.map(([key, item]) => `${pythonText(key)}: ${pythonText(item)}`).join(', ')}}`
  }
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : typeof value
}

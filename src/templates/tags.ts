/** A `{{ … }}` or `{% … %}` of a Jinja template. Comments, raw blocks and plain text are none. */
export interface TemplateTag {
  readonly kind: 'print' | 'block'
  readonly start: number
  /** Behind the closing braces. */
  readonly end: number
  /** `-` or `+` when the tag governs the whitespace before it, otherwise empty. */
  readonly before: string
  readonly after: string
  /** What stands between the braces and their signs. */
  readonly content: string
}

const OPENING = /\{[{%#]/g
const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/g

function next(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from
  return pattern.exec(text)
}

/** Index of the closing braces of the tag whose content starts at `from`; -1 when it is never closed. */
function closingAt(text: string, from: number, closing: string): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '"' || character === "'") {
      do at += text[at] === '\\' ? 2 : 1
      while (at < text.length && text[at] !== character)
    } else if (depth === 0 && text.startsWith(closing, at)) return at
    else if (character === '{') depth++
    else if (character === '}') depth--
  }
  return -1
}

/** The tags of a template in order, up to the first that is not closed: saying what is wrong with it is the engine's part. */
export function templateTags(text: string): readonly TemplateTag[] {
  const tags: TemplateTag[] = []
  let from = 0
  for (let opening = next(OPENING, text, from); opening !== null; opening = next(OPENING, text, from)) {
    const start = opening.index
    if (opening[0] === '{#') {
      const end = text.indexOf('#}', start + 2)
      if (end < 0) break
      from = end + 2
      continue
    }
    const kind = opening[0] === '{{' ? 'print' : 'block'
    const close = closingAt(text, start + 2, kind === 'print' ? '}}' : '%}')
    if (close < 0) break
    from = close + 2
    const whole = text.slice(start + 2, close)
    const before = /^[-+]/.exec(whole)?.[0] ?? ''
    const after = whole.length > before.length ? (/[-+]$/.exec(whole)?.[0] ?? '') : ''
    const content = whole.slice(before.length, whole.length - after.length)
    if (kind === 'block' && content.trim() === 'raw') {
      const end = next(RAW_END, text, from)
      if (end === null) break
      from = end.index + end[0].length
    } else tags.push({ kind, start, end: from, before, after, content })
  }
  return tags
}

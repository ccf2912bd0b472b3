import { templateTags } from './tags.ts'

/** What a template takes from elsewhere. */
export interface References {
  /** Templates that are named outright by include, import, from and extends. */
  readonly templates: ReadonlySet<string>
  /** Those of them that have no stand-in: no list of names, no `ignore missing`. */
  readonly required: ReadonlySet<string>
  /** Whether a template's name is computed, so that any file may be meant. */
  readonly computed: boolean
  /** Every name in the tags that may be a variable: a superset, since local names and keywords are among them. */
  readonly names: ReadonlySet<string>
}

const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs
const NAME = /(?<![.\p{L}\p{N}_])[\p{L}_][\p{L}\p{N}_]*/gu
const TEMPLATE_TAG = /^\s*(?:include|import|from|extends)\b(.*)$/s
/** A name, or a list of names, and nothing that would change them. */
const LITERAL =
  /^\s*(?:\[[\s,]*(?:S[\s,]*)*\]|S)\s*(?:ignore\s+missing)?\s*(?:with(?:out)?\s+context)?\s*(?:as\b.*|import\b.*)?$/s

const REQUIRED = /^\s*S(?!\s*ignore\b)/

function unquoted(literal: string): string {
  return literal.slice(1, -1).replace(/\\(.)/gs, '$1')
}

/** Finds what a template refers to without running it. */
export function templateReferences(text: string): References {
  const templates = new Set<string>()
  const required = new Set<string>()
  const names = new Set<string>()
  let computed = false
  for (const { content } of templateTags(text)) {
    const target = TEMPLATE_TAG.exec(content)?.[1]
    if (target !== undefined) {
      const shape = target.replace(STRING, 'S')
      for (const [literal] of target.matchAll(STRING)) {
        templates.add(unquoted(literal))
        if (REQUIRED.test(shape)) required.add(unquoted(literal))
      }
      computed ||= !LITERAL.test(shape)
    }
    for (const [name] of content.replace(STRING, '""').matchAll(NAME)) names.add(name)
  }
  return { templates, required, computed, names }
}

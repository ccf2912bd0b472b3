import type { Source } from './project.ts'

export type FunctionLanguage = Extract<Source, { kind: 'function' }>['language']

const ENDINGS: readonly (readonly [RegExp, FunctionLanguage])[] = [
  [/\.py$/, 'python'],
  [/\.m?ts$/, 'typescript'],
  [/\.m?js$/, 'javascript'],
]
const SOLE_INCLUDE = /^\s*\{%[-+]?\s*include\s*(?:"([^"]+)"|'([^']+)')\s*[-+]?%\}\s*$/
const PYTHON = /^(?:async\s+)?def\s+(?:ingest|preprocess)\s*\(/m

/** Name of the file that a template includes, when that is all that it does. */
export function soleInclude(template: string): string | undefined {
  const match = SOLE_INCLUDE.exec(template)
  return match?.[1] ?? match?.[2]
}

/** Language of a file by its ending; undefined for other files. */
export function languageOfFile(name: string): FunctionLanguage | undefined {
  return ENDINGS.find(([ending]) => ending.test(name))?.[1]
}

/** Language of a function's template (`ingest_fn`, `preprocess_fn`): by the ending of the file that it includes, otherwise by its text. */
export function functionLanguage(template: string): FunctionLanguage {
  const included = soleInclude(template)
  const byEnding = included === undefined ? undefined : languageOfFile(included)
  return byEnding ?? (PYTHON.test(template) ? 'python' : 'typescript')
}

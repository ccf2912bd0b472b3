import { SourceMap } from 'node:module'
import { transform } from 'sucrase'
import type { FunctionSource } from './function-runner.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

export interface Transpiled {
  readonly code: string
  /** Where a position of `code` stands in what the user wrote. Lines and columns start at 1. */
  original(position: Position): Position
}

/** Turns user code into JavaScript: types are taken out of TypeScript, lines stay where they are. Throws the parser's error, which has a `loc`. */
export function transpile({ language, text, file }: FunctionSource): Transpiled {
  const source = text.replace(/^\uFEFF/, '')
  if (language === 'javascript') return { code: source, original: (position) => position }
  const { code, sourceMap } = transform(source, {
    transforms: ['typescript'],
    disableESTransforms: true,
    preserveDynamicImport: true,
    production: true,
    filePath: file,
    sourceMapOptions: { compiledFilename: file },
  })
  if (sourceMap === undefined) return { code, original: (position) => position }
  const map = new SourceMap({ ...sourceMap, file, sourceRoot: '', sourcesContent: [] })
  return {
    code,
    original({ line, column }) {
      const entry = map.findEntry(line - 1, column - 1)
      return 'originalLine' in entry && entry.originalLine === line - 1
        ? { line, column: entry.originalColumn + 1 }
        : { line, column }
    },
  }
}

import { spawnSync } from 'node:child_process'
import type { Position } from './transpile.ts'

/** User code that could not be parsed, and where. */
export class UserSyntaxError extends Error {
  readonly file: string
  readonly position: Position | undefined

  constructor(message: string, file: string, position: Position | undefined) {
    super(message)
    this.name = 'SyntaxError'
    this.file = file
    this.position = position
  }
}

/** The error of sucrase's parser, which names file and position in its message and the position in `loc` too. */
export function fromTranspiler(error: unknown, file: string): UserSyntaxError {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(`Error transforming ${file}: `, '')
    .replace(/ \(\d+:\d+\)$/, '')
  const { line, column } = (error instanceof Error && 'loc' in error ? error.loc : {}) as Partial<Position>
  return new UserSyntaxError(
    message,
    file,
    line === undefined || column === undefined ? undefined : { line, column },
  )
}

const PARSE = `
import { SourceTextModule } from 'node:vm'
import { readFileSync } from 'node:fs'
new SourceTextModule(readFileSync(0, 'utf8'), { identifier: 'code' })`

/** Where V8 stops parsing `code`. It tells the position of an error in a module only to people, on standard error, when nobody catches it. */
export function findSyntaxError(code: string): Position | undefined {
  const execArgv = ['--experimental-vm-modules', '--input-type=module', '--eval', PARSE]
  const { stderr } = spawnSync(process.execPath, execArgv, {
    input: code,
    encoding: 'utf8',
    env: {},
    timeout: 10_000,
  })
  const parts = /^code:(\d+)\n.*\n([ \t]*)\^/m.exec(stderr)
  return parts === null ? undefined : { line: Number(parts[1]), column: (parts[2] ?? '').length + 1 }
}

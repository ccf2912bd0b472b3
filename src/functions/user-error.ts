import { inspect } from 'node:util'
import type { FunctionFailure } from './function-message.ts'
import type { FunctionSource } from './function-runner.ts'
import type { Position, Transpiled } from './transpile.ts'
import type { UserSyntaxError } from './user-syntax-error.ts'

interface UserPlace extends Position {
  readonly file: string
}

const LONGEST_PROBLEM = 2_000
const LONGEST_STACK = 10_000

/** Where this program's own code is: it is of no interest to users, even if it is installed as a package. */
const PROGRAM = new URL('..', import.meta.url).href

const places = new WeakMap<object, UserPlace>()

/** Makes stacks of this process show only user code and packages, at the positions that users wrote. `source` gives the text of a user's file. */
export function showUserStacks(source: (file: string) => Transpiled | undefined): void {
  Error.stackTraceLimit = 30
  Error.prepareStackTrace = (error, sites) => {
    const lines = sites.flatMap((site) => {
      const file = site.getFileName() ?? ''
      const line = site.getLineNumber() ?? 1
      const column = site.getColumnNumber() ?? 1
      const transpiled = source(file)
      if (transpiled === undefined) return isPackage(file) ? [`    at ${shownSite(site)}`] : []
      const original = transpiled.original({ line, column })
      if (!places.has(error)) places.set(error, { file, ...original })
      return [
        `    at ${shownSite(site).replace(`:${line}:${column}`, `:${original.line}:${original.column}`)}`,
      ]
    })
    return [headOf(error), ...lines].join('\n')
  }
}

function isPackage(file: string): boolean {
  return file.includes('node_modules') && !file.startsWith(PROGRAM) && !file.includes('/tsx/')
}

/** A call site shows itself as a line of a stack does; its type does not say so. */
function shownSite(site: { toString(): string }): string {
  return site.toString()
}

/** Anything that user code threw, as a failure. `doing` begins the message: "ingest() threw". */
export function failureOf(thrown: unknown, doing: string): FunctionFailure {
  if (!isError(thrown))
    return { kind: 'failed', code: 'FUNCTION_FAILED', problem: `${doing} ${shown(thrown)}` }
  const stack = stackOf(thrown)
  const place = places.get(thrown)
  return {
    kind: 'failed',
    code: 'FUNCTION_FAILED',
    problem: `${doing} ${headOf(thrown)}${causesOf(thrown)}`.slice(0, LONGEST_PROBLEM),
    ...place,
    ...(stack === undefined ? {} : { stack: stack.slice(0, LONGEST_STACK) }),
  }
}

/** The failure of text that could not be parsed, `code` being what was called. */
export function syntaxFailureOf(error: UserSyntaxError, code: FunctionSource): FunctionFailure {
  const problem = `the code could not be parsed: ${error.message}`.slice(0, LONGEST_PROBLEM)
  const failure: FunctionFailure = { kind: 'failed', code: 'FUNCTION_FAILED', problem, file: error.file }
  if (error.position === undefined) return failure
  // Lines after the user's own are ours: what is wrong there is that something was left open.
  const last = error.file === code.file ? code.text.split('\n').length : Infinity
  return error.position.line > last
    ? { ...failure, line: last, column: 1 }
    : { ...failure, ...error.position }
}

/** A value in a few words, for messages; never throws. */
export function shown(value: unknown): string {
  try {
    return inspect(value, {
      depth: 1,
      customInspect: false,
      maxArrayLength: 5,
      maxStringLength: 200,
      breakLength: Infinity,
    }).slice(0, 300)
  } catch {
    return `something of type ${typeof value}`
  }
}

function isError(value: unknown): value is Error {
  return value instanceof Error
}

function headOf(error: Error): string {
  try {
    return String(error)
  } catch {
    return 'an error that cannot be shown'
  }
}

function stackOf(error: Error): string | undefined {
  try {
    return typeof error.stack === 'string' ? error.stack : undefined
  } catch {
    return undefined
  }
}

/** `fetch failed` says nothing; its cause does. */
function causesOf(error: Error): string {
  let text = ''
  let cause = error.cause
  for (let depth = 0; depth < 3 && cause !== undefined && cause !== null; depth += 1) {
    text += ` (because: ${isError(cause) ? headOf(cause) : shown(cause)})`
    cause = isError(cause) ? cause.cause : undefined
  }
  return text
}

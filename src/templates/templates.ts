import { Environment } from 'minijinja-js'
import { AnomstackError, type ErrorPlace, messageOf } from '../core/errors.ts'
import { PYTHON_FILTER, pythonText, withPythonOutput } from './python-output.ts'
import { templateReferences } from './references.ts'
import { templateFiles, templateText } from './template-files.ts'

/** Steps of the engine that one rendering may take, about half a second: a template cannot hang the program. */
const MOST_STEPS = 10_000_000
/** The engine's own name of the text that is rendered. */
const MAIN = '<text>'
const POSITION = /^(.*?)(?: \(in (.*):(\d+)\))?$/s
const INSIDE = /^could not render include: error in "(.*)"$/s
const MISSING =
  /^template not found: (?:tried to include non-existing )?template "(.*?)"(?: does not exist)?/s

/** Renders Jinja templates as Jinja2 does, with nothing escaped and undefined variables empty. */
export interface Templates {
  /** Includes are resolved from the metrics folder. Throws `TEMPLATE_FAILED`, naming the template's file and line. */
  render(text: string, variables: Readonly<Record<string, unknown>>, at: ErrorPlace): string
}

interface Failure {
  readonly problem: string
  /** The included template that failed; undefined for the text itself. */
  readonly name?: string
  readonly line?: number
}

function createEnvironment(): Environment {
  const environment = new Environment()
  environment.enablePyCompat()
  environment.addFilter(PYTHON_FILTER, pythonText)
  environment.fuel = MOST_STEPS
  return environment
}

function failureOf(error: unknown): Failure {
  // What follows the first line is a listing of the template.
  const [, problem = '', name, line] =
    POSITION.exec(messageOf(error).split('\n-----', 1)[0]?.trim() ?? '') ?? []
  return {
    problem,
    ...(name === undefined || name === MAIN ? {} : { name }),
    ...(line === undefined ? {} : { line: Number(line) }),
  }
}

function explain(problem: string): string {
  const missing = MISSING.exec(problem)?.[1]
  if (missing !== undefined)
    return missing.split('/').includes('..')
      ? `"${missing}" leads out of the metrics folder; includes are resolved from that folder`
      : `there is no file "${missing}" in the metrics folder; includes are resolved from that folder, not from the batch file`
  if (problem.includes('ran out of fuel'))
    return 'the template takes too many steps; does a loop run too often?'
  if (problem === 'undefined value') return 'a part of an undefined variable is used'
  return problem
}

function failed(failure: Failure, text: string, at: ErrorPlace, cause: unknown): AnomstackError {
  const { name, line } = failure
  const problem = explain(failure.problem)
  const error = (detail: string, place: ErrorPlace) =>
    new AnomstackError('TEMPLATE_FAILED', detail, { at: place, cause })
  if (name !== undefined) {
    const { column: _, line: __, ...outer } = at
    return error(problem, {
      ...outer,
      file: name.replace(/^(?:\.\/)+/, ''),
      ...(line === undefined ? {} : { line }),
    })
  }
  if (line === undefined) return error(problem, at)
  // A line of a text that stands inside a YAML file is not a line of that file.
  if (at.file === undefined || at.line !== undefined || /\.ya?ml$/.test(at.file) || !at.file.includes('.')) {
    const excerpt = (text.split('\n')[line - 1] ?? '').trim().slice(0, 80)
    return error(`${problem}, in line ${line} of the text: ${JSON.stringify(excerpt)}`, at)
  }
  return error(problem, { ...at, line })
}

/** Templates with `metricsDir` (absolute) as the root of includes. Files are read when a text includes them, and again when they have changed. */
export function createTemplates(metricsDir: string): Templates {
  const files = templateFiles(metricsDir)
  const engine = createEnvironment()
  // Sees templates as they were written, so that complaints about syntax are about what the user wrote.
  const checker = createEnvironment()
  const registered = new Map<string, string>()

  function check(name: string, text: string): void {
    checker.addTemplate(name, text)
    checker.removeTemplate(name)
  }

  function register(name: string): string | undefined {
    const text = files.read(name)
    if (text === registered.get(name)) return text
    registered.delete(name)
    engine.removeTemplate(name)
    if (text === undefined) return undefined
    check(name, text)
    engine.addTemplate(name, withPythonOutput(text))
    registered.set(name, text)
    return text
  }

  /** Any file may be meant; a broken one matters only when it is. */
  function registerAll(): void {
    for (const name of files.list().flatMap((file) => [file, `./${file}`])) {
      try {
        register(name)
      } catch {
        // It stays unknown to the engine, and the message of the include that wants it says so.
      }
    }
  }

  function registerIncludes(text: string): void {
    const seen = new Set<string>()
    let everything = false
    const pending = [text]
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      const { templates, computed } = templateReferences(current)
      if (computed && !everything) {
        everything = true
        registerAll()
      }
      for (const name of templates) {
        if (seen.has(name)) continue
        seen.add(name)
        const included = register(name)
        if (included !== undefined) pending.push(included)
      }
    }
  }

  /** The engine says only that an include failed; rendered by itself, the include says why. */
  function innermost(failure: Failure, variables: Readonly<Record<string, unknown>>, depth = 0): Failure {
    const name = INSIDE.exec(failure.problem)?.[1]
    if (name === undefined) return failure
    if (depth > 20) return { ...failure, problem: `"${name}" includes itself` }
    try {
      engine.renderTemplate(name, variables)
      return failure
    } catch (error) {
      return innermost(failureOf(error), variables, depth + 1)
    }
  }

  return {
    render(source, variables, at) {
      const text = templateText(source)
      try {
        check(MAIN, text)
        registerIncludes(text)
        return engine.renderNamedStr(MAIN, withPythonOutput(text), variables)
      } catch (error) {
        throw failed(innermost(failureOf(error), variables), text, at, error)
      }
    },
  }
}

import { AnomstackError } from '../core/errors.ts'
import type { Features } from '../timeseries/features.ts'
import { NO_FEATURES } from './features-result.ts'
import { callFunction } from './function-call.ts'
import { functionEnvironment } from './function-environment.ts'
import type { FunctionFailure, FunctionReply, FunctionTask, PythonTask } from './function-message.ts'
import type { FunctionLimits, FunctionRunner, UserCode } from './function-runner.ts'
import { callPython } from './python-call.ts'

type ProgramEnvironment = Readonly<Record<string, string | undefined>>

export interface FunctionRunnerOptions {
  /** The program's environment, asked for at each call, of which code sees only what `functionEnvironment` lets through; nothing when not given. */
  readonly environment?: ProgramEnvironment | (() => Promise<ProgramEnvironment>)
  /** Names of further variables that code may see. */
  readonly visibleVariables?: readonly string[]
}

/** Runs functions written in JavaScript, TypeScript and Python. */
export function createFunctionRunner(options: FunctionRunnerOptions = {}): FunctionRunner {
  const { environment = {}, visibleVariables = [] } = options
  const environmentOf = async ({ variables = [] }: Partial<FunctionLimits>) =>
    functionEnvironment(typeof environment === 'function' ? await environment() : environment, [
      ...visibleVariables,
      ...variables,
    ])
  const call = async (task: FunctionTask<UserCode>, limits: FunctionLimits) => {
    const env = await environmentOf(limits)
    return isPython(task) ? callPython(task, limits, env) : callFunction(task as FunctionTask, limits, env)
  }
  return {
    async ingest(code, limits) {
      const source = named(code)
      const task: FunctionTask<UserCode> = { name: 'ingest', code: source, memoryMb: limits.memoryMb }
      const reply = await call(task, limits)
      if (reply.kind === 'rows') return reply.rows
      throw unexpected(reply, source)
    },

    async preprocess(code, calls, limits) {
      if (calls.length === 0) return []
      const source = named(code)
      const task: FunctionTask<UserCode> = {
        name: 'preprocess',
        code: source,
        calls,
        memoryMb: limits.memoryMb,
      }
      const reply = await call(task, limits)
      if (reply.kind !== 'features') throw unexpected(reply, source)
      return reply.results.map((result, index): Features => {
        if (!('kind' in result)) return result
        const metric = calls[index]?.metric ?? ''
        const error = errorOf(result, source, metric)
        if (limits.onMetricFailure === undefined) throw error
        limits.onMetricFailure(metric, error)
        return NO_FEATURES
      })
    },

    async check(code, context, limits) {
      const source = named(code)
      const task: FunctionTask<UserCode> = { name: 'check', code: source, context, memoryMb: limits.memoryMb }
      const reply = await call(task, limits)
      if (reply.kind === 'checked') return reply
      throw unexpected(reply, source)
    },
  }
}

/** Code that stands inside a YAML file is named after it, but not as if its lines were the file's. */
function named(code: UserCode): UserCode {
  return /\.([cm]?[jt]s|py)$/.test(code.file) ? code : { ...code, file: `${code.file}#function` }
}

function isPython(task: FunctionTask<UserCode>): task is PythonTask {
  return task.code.language === 'python'
}

function unexpected(reply: FunctionReply, source: UserCode): AnomstackError {
  return reply.kind === 'failed'
    ? errorOf(reply, source)
    : new AnomstackError('FUNCTION_FAILED', 'the process answered something else than asked', {
        at: { file: source.file },
      })
}

function errorOf(failure: FunctionFailure, source: UserCode, metric?: string): AnomstackError {
  const { line, column, stack } = failure
  const cause = new Error(failure.problem)
  if (stack !== undefined) cause.stack = stack
  return new AnomstackError(failure.code, failure.problem, {
    at: {
      file: failure.file ?? source.file,
      ...(metric === undefined ? {} : { metric }),
      ...(line === undefined ? {} : { line }),
      ...(column === undefined ? {} : { column }),
    },
    cause,
  })
}

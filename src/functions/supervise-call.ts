import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { AnomstackError } from '../core/errors.ts'
import type { FunctionReply } from './function-message.ts'
import type { FunctionLimits } from './function-runner.ts'
import { readOutput } from './output-lines.ts'

const LONGEST_TIMER = 2 ** 31 - 1
/** How long the last output of an ended process is waited for; a program that it started may hold its streams open. */
const LAST_OUTPUT_MS = 200

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that performs one task, and what only its language knows. */
export interface Call {
  readonly child: ChildProcess
  readonly task: {
    readonly name: string
    readonly memoryMb: number
    readonly code: { readonly file: string }
  }
  /** Sends the task; `done` takes the reply, or nothing when none can come. The process is ended then. */
  begin(done: (reply?: FunctionReply) => void): void
  /** Why there is no process. */
  notStarted(cause: Error): string
  /** Why it ended without a reply, where that can be told; `FUNCTION_LIMIT` if a limit of the process' own was passed. */
  ended(ending: Ending): AnomstackError | undefined
}

/**
 * Waits for the reply of a process within limits. Whatever happens, the process has ended with all that it started when this settles. Errors:
 * `FUNCTION_FAILED`, `FUNCTION_LIMIT`, `CANCELED` or the signal's own.
 */
export function superviseCall(call: Call, limits: FunctionLimits): Promise<FunctionReply> {
  const { child, task } = call
  const at = { file: task.code.file }
  readOutput(
    [child.stdout, child.stderr].filter((stream) => stream !== null),
    (line) => limits.onOutput?.(line),
  )
  return new Promise<FunctionReply>((resolve, reject) => {
    let reply: FunctionReply | undefined
    let failure: AnomstackError | undefined

    const stop = (error?: AnomstackError) => {
      failure ??= error
      kill(child)
    }
    const onAbort = () => {
      const reason: unknown = limits.signal?.reason
      stop(
        reason instanceof AnomstackError
          ? reason
          : new AnomstackError('CANCELED', `${task.name}() was canceled`, { at }),
      )
    }
    const timer = setTimeout(
      () => stop(tooSlow(task, limits.timeoutMs)),
      Math.min(Math.max(1, limits.timeoutMs), LONGEST_TIMER),
    )
    const settle = (ending: Ending) => {
      clearTimeout(timer)
      limits.signal?.removeEventListener('abort', onAbort)
      if (reply !== undefined) resolve(reply)
      else reject(failure ?? call.ended(ending) ?? endedEarly(task, ending))
    }

    limits.signal?.addEventListener('abort', onAbort, { once: true })
    child.on('error', (cause) =>
      stop(new AnomstackError('FUNCTION_FAILED', call.notStarted(cause), { at, cause })),
    )
    child.once('exit', (code, signal) => {
      kill(child)
      const last = setTimeout(() => {
        for (const stream of child.stdio) (stream as Readable | null)?.destroy()
      }, LAST_OUTPUT_MS)
      child.once('close', () => {
        clearTimeout(last)
        settle({ code, signal })
      })
    })
    if (child.pid === undefined) child.once('error', () => settle({ code: null, signal: null }))
    else
      call.begin((received) => {
        if (failure === undefined) reply ??= received
        stop()
      })
  })
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

/** Sensors have no settings. */
function orRaise(task: Call['task'], setting: string): string {
  return task.name === 'check' ? '' : `, or raise ${setting}`
}

function tooSlow(task: Call['task'], timeoutMs: number): AnomstackError {
  return new AnomstackError(
    'FUNCTION_LIMIT',
    `${task.name}() ran longer than ${timeoutMs / 1000} s and was stopped; make it faster${orRaise(task, 'function_timeout')}`,
    { at: { file: task.code.file } },
  )
}

/** The error of a call that took more memory than allowed. */
export function tooLarge(task: Call['task']): AnomstackError {
  return new AnomstackError(
    'FUNCTION_LIMIT',
    `${task.name}() took more than ${task.memoryMb} MB of memory and was stopped; keep less at a time${orRaise(task, 'function_memory_mb')}`,
    { at: { file: task.code.file } },
  )
}

function endedEarly(task: Call['task'], { code, signal }: Ending): AnomstackError {
  return new AnomstackError(
    'FUNCTION_FAILED',
    signal === null
      ? `the code ended its own process with exit code ${code ?? 'unknown'} before ${task.name}() returned`
      : `the process was ended by ${signal} before ${task.name}() returned`,
    { at: { file: task.code.file } },
  )
}

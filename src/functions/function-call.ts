import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AnomstackError, throwIfAborted } from '../core/errors.ts'
import { workerFile } from '../core/worker-file.ts'
import type { FunctionReply, FunctionTask } from './function-message.ts'
import type { FunctionLimits } from './function-runner.ts'
import { OUT_OF_MEMORY } from './function-watchdog.ts'
import { readOutput } from './output-lines.ts'

/** Heap of Node and of the loader, beside what the code takes. */
const OWN_HEAP_MB = 32
const LONGEST_TIMER = 2 ** 31 - 1
/** How long the last output of an ended process is waited for; a program that it started may hold its streams open. */
const LAST_OUTPUT_MS = 200

/**
 * Runs the task in a fresh process and returns its reply. A process and not a worker thread: a thread that allocates one huge
 * block, crashes in native code, or reads /proc takes the whole program, or its secrets, with it.
 */
export async function callFunction(
  task: FunctionTask,
  limits: FunctionLimits,
  env: Readonly<Record<string, string>>,
): Promise<FunctionReply> {
  throwIfAborted(limits.signal)
  const child = start(task, env)
  let tail = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('latin1')).slice(-8_000)
  })
  readOutput(
    [child.stdout, child.stderr].filter((stream) => stream !== null),
    (line) => limits.onOutput?.(line),
  )
  const at = { file: task.code.file }
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
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer)
      limits.signal?.removeEventListener('abort', onAbort)
      if (reply !== undefined) resolve(reply)
      else reject(failure ?? endedEarly(task, { code, signal, outOfMemory: tail.includes(OUT_OF_MEMORY) }))
    }

    limits.signal?.addEventListener('abort', onAbort, { once: true })
    child.once('message', (message) => {
      if (failure === undefined) reply = message as FunctionReply
      stop()
    })
    child.on('error', (cause) =>
      stop(
        new AnomstackError(
          'FUNCTION_FAILED',
          `no process could be run for ${task.name}(): ${cause.message}`,
          { at, cause },
        ),
      ),
    )
    child.once('exit', (code, signal) => {
      kill(child)
      const last = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, LAST_OUTPUT_MS)
      child.once('close', () => {
        clearTimeout(last)
        settle(code, signal)
      })
    })
    if (child.pid === undefined) child.once('error', () => settle(null, null))
    else child.send(task, (cause) => cause !== null && stop())
  })
}

function start(task: FunctionTask, env: Readonly<Record<string, string>>): ChildProcess {
  const { url, execArgv } = workerFile(import.meta.url, 'function-worker')
  return fork(url, {
    execArgv: [
      ...execArgv,
      '--experimental-vm-modules',
      '--experimental-import-meta-resolve',
      '--disable-warning=ExperimentalWarning',
      `--max-old-space-size=${task.memoryMb + OWN_HEAP_MB}`,
    ],
    // Where the options above find their modules; the process changes to the project's folder itself.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env,
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own, so that what the code has started ends with it.
    detached: process.platform !== 'win32',
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

function tooSlow(task: FunctionTask, timeoutMs: number): AnomstackError {
  return new AnomstackError(
    'FUNCTION_LIMIT',
    `${task.name}() ran longer than ${timeoutMs / 1000} s and was stopped; make it faster${orRaise(task, 'function_timeout')}`,
    { at: { file: task.code.file } },
  )
}

/** Sensors have no settings. */
function orRaise(task: FunctionTask, setting: string): string {
  return task.name === 'check' ? '' : `, or raise ${setting}`
}

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly outOfMemory: boolean
}

function endedEarly(task: FunctionTask, { code, signal, outOfMemory }: Ending): AnomstackError {
  const at = { file: task.code.file }
  const killed = signal !== null || code === 134
  if (killed && outOfMemory)
    return new AnomstackError(
      'FUNCTION_LIMIT',
      `${task.name}() took more than ${task.memoryMb} MB of memory and was stopped; keep less at a time${orRaise(task, 'function_memory_mb')}`,
      { at },
    )
  return new AnomstackError(
    'FUNCTION_FAILED',
    signal === null
      ? `the code ended its own process with exit code ${code ?? 'unknown'} before ${task.name}() returned`
      : `the process was ended by ${signal} before ${task.name}() returned`,
    { at },
  )
}

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { throwIfAborted } from '../core/errors.ts'
import { workerFile } from '../core/worker-file.ts'
import type { FunctionReply, FunctionTask } from './function-message.ts'
import type { FunctionLimits } from './function-runner.ts'
import { OUT_OF_MEMORY } from './function-watchdog.ts'
import { superviseCall, tooLarge } from './supervise-call.ts'

/** Heap of Node and of the loader, beside what the code takes. */
const OWN_HEAP_MB = 32

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
  return superviseCall(
    {
      child,
      task,
      begin(done) {
        child.once('message', (message) => done(message as FunctionReply))
        child.send(task, (cause) => cause !== null && done())
      },
      notStarted: (cause) => `no process could be run for ${task.name}(): ${cause.message}`,
      ended: ({ code, signal }) =>
        (signal !== null || code === 134) && tail.includes(OUT_OF_MEMORY) ? tooLarge(task) : undefined,
    },
    limits,
  )
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

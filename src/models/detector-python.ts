import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { processEnvironment } from '../config/process-environment.ts'
import { AnomstackError } from '../core/errors.ts'
import { floatsAt, type PythonFrame } from '../core/python-frame.ts'
import { workerThread } from '../core/worker-thread.ts'
import type { DetectorPython } from '../detectors/detector.ts'
import { functionEnvironment } from '../functions/function-environment.ts'
import type { PythonSettings } from './model-spec.ts'

/** What the thread that keeps the process is started with. */
export interface PythonHost {
  readonly settings: PythonSettings
  readonly env: Readonly<Record<string, string>>
  readonly port: MessagePort
  /** Two numbers: 1 once there is an answer, and the id of the process. */
  readonly state: Int32Array
}

/** What that thread answers. */
export type HostAnswer = PythonFrame | { readonly failed: string; readonly limit: boolean }

/** Those of this thread: it starts each Python once, and keeps it while it lives. */
const running = new Map<string, DetectorPython>()

/**
 * A process of the user's Python for the detectors of this thread. Detectors are asked and answer at once, a process does not: it is kept by another
 * thread, and this one sleeps until the answer is there.
 */
export function detectorPython(settings: PythonSettings): DetectorPython {
  const key = JSON.stringify(settings)
  const known = running.get(key)
  if (known !== undefined) return known
  const python = createDetectorPython(settings)
  running.set(key, python)
  return python
}

function createDetectorPython(settings: PythonSettings): DetectorPython {
  let started: Host | undefined
  const fail = (problem: string, code: 'FUNCTION_FAILED' | 'FUNCTION_LIMIT' = 'FUNCTION_FAILED'): never => {
    throw new AnomstackError(code, problem)
  }
  return {
    ask(request, arrays) {
      const path = String(request.path)
      started ??= startHost(settings)
      const { port, state, end } = started
      port.postMessage({ request, arrays })
      Atomics.wait(state, 0, 0, settings.timeoutMs)
      const received = receiveMessageOnPort(port)
      Atomics.store(state, 0, 0)
      if (received === undefined) {
        started = undefined
        end()
        return fail(
          `${path} ran longer than ${settings.timeoutMs / 1000} s and was stopped; train on less, or raise function_timeout`,
          'FUNCTION_LIMIT',
        )
      }
      const answer = received.message as HostAnswer
      if ('failed' in answer)
        return fail(`${path}: ${answer.failed}`, answer.limit ? 'FUNCTION_LIMIT' : 'FUNCTION_FAILED')
      return { header: answer.header, values: floatsAt(answer.body, 0, answer.body.length / 8) }
    },
  }
}

interface Host {
  readonly port: MessagePort
  readonly state: Int32Array
  /** Ends the thread and its process. */
  end(): void
}

function startHost(settings: PythonSettings): Host {
  const { port1: port, port2 } = new MessageChannel()
  const state = new Int32Array(new SharedArrayBuffer(8))
  const { url, execArgv } = workerThread(import.meta.url, 'python-host-worker')
  const workerData: PythonHost = {
    settings,
    env: functionEnvironment(processEnvironment(), []),
    port: port2,
    state,
  }
  const thread = new Worker(url, { execArgv, workerData, transferList: [port2] })
  // Nothing is waited for but answers; a thread that fails gives none.
  thread.on('error', () => undefined)
  thread.unref()
  port.unref()
  return {
    port,
    state,
    end() {
      killGroup(Atomics.load(state, 1))
      void thread.terminate()
    },
  }
}

function killGroup(pid: number): void {
  try {
    if (pid > 0) process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { workerData } from 'node:worker_threads'
import { createFrameReader, encodeFrame } from '../core/python-frame.ts'
import { interpreterProblem, REPLY, spawnPython, VERDICT, versionProblem } from '../core/python-process.ts'
import type { HostAnswer, PythonHost } from './detector-python.ts'

/** Keeps a Python process for a thread that sleeps while it waits for answers: one question, one answer. */

const { settings, env, port, state } = workerData as PythonHost

/** What libraries take before there is any data. */
const LIBRARIES_MB = 512
const LONGEST_TAIL = 2_000

interface Question {
  readonly request: Readonly<Record<string, unknown>>
  readonly arrays: readonly Float64Array[]
}

let child: ChildProcess | undefined

function answer(message: HostAnswer): void {
  port.postMessage(message)
  Atomics.store(state, 0, 1)
  Atomics.notify(state, 0)
}

function start(): ChildProcess {
  const started = spawnPython({ command: settings.command, mode: 'detect', env })
  let verdict = ''
  let printed = ''
  let cause: Error | undefined
  const read = createFrameReader(answer)
  for (const stream of started.stdio) stream?.on('error', () => undefined)
  started.stdout?.resume()
  started.stderr?.on('data', (chunk: Buffer) => {
    printed = (printed + chunk.toString('utf8')).slice(-LONGEST_TAIL)
  })
  ;(started.stdio[VERDICT] as Readable | null)?.on('data', (chunk: Buffer) => {
    verdict += chunk.toString('latin1')
  })
  ;(started.stdio[REPLY] as Readable | null)?.on('data', read)
  started.on('error', (error) => {
    cause = error
    if (started.pid === undefined) ended(null)
  })
  started.on('close', (_, signal) => ended(signal))
  const ended = (signal: NodeJS.Signals | null) => {
    if (child !== started) return
    child = undefined
    const limit = verdict === 'memory'
    answer({ failed: problemOf({ verdict, printed, cause, signal }), limit })
  }
  Atomics.store(state, 1, started.pid ?? 0)
  started.stdin?.write(encodeFrame({ memoryMb: settings.memoryMb + LIBRARIES_MB }))
  return started
}

interface End {
  readonly verdict: string
  readonly printed: string
  readonly cause: Error | undefined
  readonly signal: NodeJS.Signals | null
}

function problemOf({ verdict, printed, cause, signal }: End): string {
  if (verdict === 'memory')
    return `took more than ${settings.memoryMb} MB of memory and was stopped; train on less, or raise function_memory_mb`
  const known = cause
    ? interpreterProblem(settings.command, cause)
    : versionProblem(settings.command, verdict)
  return known ?? `its process ended${signal === null ? '' : ` by ${signal}`}: ${printed.trim()}`
}

port.on('message', ({ request, arrays }: Question) => {
  child ??= start()
  child.stdin?.write(encodeFrame(request, arrays))
})

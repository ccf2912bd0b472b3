import type { Readable } from 'node:stream'
import { AnomstackError, throwIfAborted } from '../core/errors.ts'
import { createFrameReader, encodeFrame } from '../core/python-frame.ts'
import { interpreterProblem, REPLY, spawnPython, VERDICT, versionProblem } from '../core/python-process.ts'
import type { FunctionReply, PythonTask } from './function-message.ts'
import type { FunctionLimits } from './function-runner.ts'
import { pythonReply } from './python-reply.ts'
import { superviseCall, tooLarge } from './supervise-call.ts'

const LONGEST_VERDICT = 100

/** Runs the task in a fresh process of the user's Python and returns its reply. Errors as `superviseCall` says. */
export async function callPython(
  task: PythonTask,
  limits: FunctionLimits,
  env: Readonly<Record<string, string>>,
): Promise<FunctionReply> {
  throwIfAborted(limits.signal)
  const { python, file } = task.code
  const child = spawnPython({ command: python, mode: 'call', env })
  const at = { file }
  let verdict = ''
  let problem: string | undefined
  ;(child.stdio[VERDICT] as Readable | null)?.on('data', (chunk: Buffer) => {
    verdict = (verdict + chunk.toString('latin1')).slice(0, LONGEST_VERDICT)
  })
  return superviseCall(
    {
      child,
      task,
      begin(done) {
        const read = createFrameReader((frame) => done(pythonReply(frame, task)))
        ;(child.stdio[REPLY] as Readable).on('data', (chunk: Buffer) => {
          try {
            read(chunk)
          } catch (error) {
            problem ??= `the process answered something else than asked: ${String(error)}`
            done()
          }
        })
        for (const stream of child.stdio) stream?.on('error', () => undefined)
        child.stdin?.write(taskFrame(task, limits))
      },
      notStarted: (cause) => interpreterProblem(python, cause),
      ended({ signal }) {
        if (verdict === 'memory') return tooLarge(task)
        if (signal === 'SIGXCPU')
          return new AnomstackError(
            'FUNCTION_LIMIT',
            `${task.name}() used more than ${cpuSeconds(limits)} s of processor time and was stopped; make it faster, or raise function_timeout`,
            { at },
          )
        const known = problem ?? versionProblem(python, verdict)
        return known === undefined ? undefined : new AnomstackError('FUNCTION_FAILED', known, { at })
      },
    },
    limits,
  )
}

/** As much processor time as the call may last, and a little more: of a single thread it is the clock that ends it. */
function cpuSeconds({ timeoutMs }: FunctionLimits): number {
  return Math.ceil(timeoutMs / 1000) + 1
}

function taskFrame(task: PythonTask, limits: FunctionLimits): Buffer {
  const { text, file, folder, batch } = task.code
  const calls = task.name === 'preprocess' ? task.calls : []
  return encodeFrame(
    {
      name: task.name,
      memoryMb: task.memoryMb,
      cpuSeconds: cpuSeconds(limits),
      // Code that stands in a batch file has a name of its own, but lies where that file is.
      code: { text, label: file, file: file.replace(/#function$/, ''), folder, batch },
      calls: calls.map(({ metric, series, params }) => ({
        metric,
        params,
        points: series.timestamps.length,
      })),
    },
    calls.flatMap(({ series }) => [series.timestamps, series.values]),
  )
}

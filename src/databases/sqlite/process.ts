import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AnomstackError } from '../../core/errors.ts'
import { workerFile } from '../../core/worker-file.ts'
import type { QueryOptions } from '../database.ts'
import { interruptible, type Patience } from '../interruption.ts'
import { createTurns } from '../turns.ts'
import type { HistoryPart, SqliteAnswer, SqliteFile, SqliteRequest, SqliteResults } from './protocol.ts'

export interface SqliteProcess {
  /** Errors are those of the contract. Giving up kills the process: SQLite rolls the statement back, and the next request starts another. */
  request<Request extends SqliteRequest>(
    request: Request,
    options: QueryOptions,
    onPart?: (part: HistoryPart) => void,
  ): Promise<SqliteResults[Request['kind']]>
  /** Waits for what is running, then lets the file go. */
  close(): Promise<void>
}

/** Those that run; one that is busy would not notice by itself that its parent has gone. */
const alive = new Set<ChildProcess>()

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}

const PATIENT: Patience = { ended: new Promise(() => {}), check: () => {} }

/** A process of its own for a SQLite file, started by the first request. SQLite runs inside the caller's thread, and neither a thread nor
 * the driver can be stopped in the middle of a statement; a process can, and its crash is not ours. */
export function sqliteProcess(file: SqliteFile): SqliteProcess {
  const inTurn = createTurns()
  let child: ChildProcess | undefined
  let closed = false

  const start = (): ChildProcess => {
    const { url, execArgv } = workerFile(import.meta.url, 'sqlite-worker')
    const started = fork(fileURLToPath(url), [], {
      execArgv,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const forget = (): void => {
      alive.delete(started)
      if (alive.size === 0) process.off('exit', killAll)
      if (child === started) child = undefined
    }
    started.once('exit', forget)
    started.once('error', forget)
    if (alive.size === 0) process.once('exit', killAll)
    alive.add(started)
    child = started
    // A failed send is followed by the exit of the process, which whoever waits for an answer hears of.
    started.send(file, () => {})
    return started
  }

  const exchange = (request: SqliteRequest, patience: Patience, onPart: (part: HistoryPart) => void) =>
    new Promise<SqliteResults[keyof SqliteResults]>((resolve, reject) => {
      const running = child ?? start()
      running.ref()
      running.channel?.ref()
      const settle = (finish: () => void): void => {
        running.off('message', onMessage)
        running.off('exit', onExit)
        running.off('error', onError)
        running.unref()
        running.channel?.unref()
        finish()
      }
      const onMessage = (answer: unknown): void => {
        const message = answer as SqliteAnswer
        if ('part' in message) onPart(message.part)
        else if ('result' in message) settle(() => resolve(message.result))
        else
          settle(() => {
            const { code, problem, retryable } = message.fault
            reject(new AnomstackError(code, problem, { retryable }))
          })
      }
      const onExit = (status: number | null, signal: string | null): void =>
        settle(() => reject(lost(file, signal ?? `status ${status}`)))
      const onError = (error: Error): void => settle(() => reject(lost(file, error.message, error)))
      running.on('message', onMessage)
      running.once('exit', onExit)
      running.once('error', onError)
      // A failed send (the process is just ending) is followed by its exit, which rejects.
      running.send(request, () => {})
      patience.ended.catch(() => running.kill('SIGKILL'))
    })

  return {
    request: (async (request: SqliteRequest, options: QueryOptions, onPart = () => {}) =>
      interruptible(options, (patience) =>
        inTurn(patience, () => {
          if (closed)
            throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', {
              retryable: false,
            })
          return exchange(request, patience, onPart)
        }),
      )) as SqliteProcess['request'],
    close: () =>
      inTurn(PATIENT, async () => {
        closed = true
        const running = child
        if (running === undefined) return
        const gone = new Promise((resolve) => running.once('exit', resolve))
        running.ref()
        running.disconnect()
        const impatience = setTimeout(() => running.kill('SIGKILL'), 10_000)
        await gone
        clearTimeout(impatience)
      }),
  }
}

function lost(file: SqliteFile, how: string, cause?: Error): AnomstackError {
  const text = `the process that served the SQLite file ${file.path} ended unexpectedly (${how}); the next call starts another`
  return new AnomstackError('CONNECTION_FAILED', text, cause === undefined ? {} : { cause })
}

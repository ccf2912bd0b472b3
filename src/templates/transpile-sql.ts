import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import { AnomstackError } from '../core/errors.ts'
import { missingPackage } from '../core/missing-package.ts'
import { workerThread } from '../core/worker-thread.ts'
import type { SqlDialect } from './sql-dialects.ts'
import type { TranspileReply, TranspileTask } from './transpile-worker.ts'

export interface SqlTranspiler {
  /** The statements of a text in another dialect. Throws `QUERY_FAILED` for what cannot be parsed, or cannot be said in the other one, and `SDK_MISSING`. */
  transpile(sql: string, from: SqlDialect, to: SqlDialect): Promise<readonly string[]>
}

/** Texts whose translation is kept. */
const KEPT = 1_000
/** The thread ends when nothing was asked of it for so long, real ms: it takes seconds to start, and much memory while it is there. */
const IDLE_MS = 30_000

/** Translates SQL in a thread of its own, for the translator is large. */
export function createSqlTranspiler(): SqlTranspiler {
  const known = new LRUCache<string, Promise<readonly string[]>>({ max: KEPT })
  const ask = createThread()
  return {
    transpile(sql, from, to) {
      if (from === to) return Promise.resolve([sql])
      const key = JSON.stringify([from, to, sql])
      const found = known.get(key)
      if (found !== undefined) return found
      const made = ask({ sql, from, to }).then((reply) => statementsOf(reply, { from, to }))
      known.set(key, made)
      made.catch(() => known.delete(key))
      return made
    },
  }
}

/** One thread at a time, which answers one task after the other. */
function createThread(): (task: TranspileTask) => Promise<TranspileReply> {
  let thread: Worker | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let idle: NodeJS.Timeout | undefined

  const start = (): Worker => {
    const { url, execArgv } = workerThread(import.meta.url, 'transpile-worker')
    const started = new Worker(url, { execArgv })
    started.once('exit', () => {
      if (thread === started) thread = undefined
    })
    thread = started
    return started
  }

  const perform = async (task: TranspileTask): Promise<TranspileReply> => {
    clearTimeout(idle)
    const worker = thread ?? start()
    worker.ref()
    worker.postMessage(task)
    try {
      const [reply] = (await once(worker, 'message')) as [TranspileReply]
      return reply
    } finally {
      worker.unref()
      idle = setTimeout(() => void worker.terminate(), IDLE_MS).unref()
    }
  }

  return (task) => {
    const answer = turn.then(() => perform(task))
    turn = answer.catch(() => {})
    return answer
  }
}

function statementsOf(
  reply: TranspileReply,
  { from, to }: Pick<TranspileTask, 'from' | 'to'>,
): readonly string[] {
  if ('statements' in reply) return reply.statements
  throw reply.missing
    ? missingPackage(['@polyglot-sql/sdk'])
    : new AnomstackError(
        'QUERY_FAILED',
        `the SQL could not be translated from ${from} to ${to}: ${reply.problem}`,
      )
}

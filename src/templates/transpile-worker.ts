import { parentPort } from 'node:worker_threads'
import type { Dialect } from '@polyglot-sql/sdk'
import { messageOf } from '../core/errors.ts'
import { isMissingPackage } from '../core/missing-package.ts'
import type { SqlDialect } from './sql-dialects.ts'

/** Entry of the thread that translates SQL. */

export interface TranspileTask {
  readonly sql: string
  readonly from: SqlDialect
  readonly to: SqlDialect
}

export type TranspileReply =
  | { readonly statements: readonly string[] }
  | { readonly problem: string; readonly missing: boolean }

/** The translator's own name of a dialect. */
function calledThere(name: SqlDialect): Dialect {
  return (name === 'postgres' ? 'postgresql' : name) as Dialect
}

async function perform({ sql, from, to }: TranspileTask): Promise<TranspileReply> {
  try {
    const { transpile } = await import('@polyglot-sql/sdk')
    const options = { unsupportedLevel: 'raise' } as const
    const { success, sql: statements, error } = transpile(sql, calledThere(from), calledThere(to), options)
    return success && statements !== null && statements !== undefined
      ? { statements }
      : { problem: error ?? 'for no reason that it gives', missing: false }
  } catch (error) {
    return { problem: messageOf(error), missing: isMissingPackage(error) }
  }
}

parentPort?.on('message', (task: TranspileTask) => {
  void perform(task).then((reply) => parentPort?.postMessage(reply))
})

import type { Kysely } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { ControlSchema } from './schema.ts'

interface Waiting {
  readonly change: Parameters<ControlAccess['write']>[0]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Changes per transaction, so that others get their turn at writing. */
const MOST = 100

/**
 * Transactions for an engine with one writer at a time: what is asked for while one is under way is done in the next one together, for a commit costs more than
 * what it keeps. Each change still is kept as a whole or not at all, sees what came before it, and is told of only once it is kept; one that throws does not
 * concern the others. So a change may be made twice before it is kept, and does nothing but query.
 */
export function groupCommit(db: Kysely<ControlSchema>): ControlAccess['write'] {
  const waiting: Waiting[] = []
  let working = false

  async function commit(group: readonly Waiting[]): Promise<void> {
    try {
      const results = await db.transaction().execute(async (transaction) => {
        const done: unknown[] = []
        for (const { change } of group) done.push(await change(transaction))
        return done
      })
      for (const [index, { resolve }] of group.entries()) resolve(results[index])
    } catch (error) {
      if (group.length === 1) group[0]!.reject(error)
      else for (const one of group) await commit([one])
    }
  }

  async function work(): Promise<void> {
    working = true
    while (waiting.length > 0) await commit(waiting.splice(0, MOST))
    working = false
  }

  return <Result>(change: Parameters<ControlAccess['write']>[0]) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ change, resolve: resolve as Waiting['resolve'], reject })
      if (!working) void work()
    })
}

import type { Kysely } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { ControlSchema } from './schema.ts'
import { together } from './together.ts'

type Change = Parameters<ControlAccess['write']>[0]

/**
 * Transactions for an engine with one writer at a time: what is asked for while one is under way is done in the next one together, for a commit costs more than
 * what it keeps. Each change still is kept as a whole or not at all, sees what came before it, and is told of only once it is kept; one that throws does not
 * concern the others. So a change may be made twice before it is kept, and does nothing but query.
 */
export function groupCommit(db: Kysely<ControlSchema>): ControlAccess['write'] {
  const commit = together<Change, unknown>({
    work: (changes) =>
      db.transaction().execute(async (transaction) => {
        const done: unknown[] = []
        for (const change of changes) done.push(await change(transaction))
        return done
      }),
    isOfOne: () => true,
  })
  return <Result>(change: Change) => commit(change) as Promise<Result>
}

import type { Transaction } from 'kysely'
import { released } from './released.ts'
import type { ControlSchema, RunRow } from './schema.ts'

/** Claims of which it is not known whether they were kept, for the connection broke meanwhile: nobody executes those runs. */
export interface ClaimDoubts {
  any(): boolean
  /** Makes a claim, and remembers what it took when it fails. */
  make(claim: (attempt: ClaimAttempt) => Promise<readonly RunRow[]>): Promise<readonly RunRow[]>
}

export interface ClaimAttempt {
  /** Gives back what was taken in vain before; the first thing in the transaction of a claim. */
  settle(db: Transaction<ControlSchema>, now: number): Promise<void>
  took(rows: readonly RunRow[]): void
}

export function createClaimDoubts(): ClaimDoubts {
  let doubtful: readonly RunRow[] = []

  return {
    any: () => doubtful.length > 0,
    async make(claim) {
      let settled: readonly RunRow[] | undefined
      let taken: readonly RunRow[] = []
      try {
        return await claim({
          async settle(db, now) {
            // A transaction may be made twice.
            if (settled === undefined) {
              settled = doubtful
              doubtful = []
            }
            for (const row of settled) await giveBack(db, row, now)
          },
          took(rows) {
            taken = rows
          },
        })
      } catch (error) {
        doubtful = [...doubtful, ...(settled ?? []), ...taken]
        throw error
      }
    },
  }
}

/** As if it had not been taken, for the run is not at fault. */
async function giveBack(
  db: Transaction<ControlSchema>,
  { id, executor, attempt }: RunRow,
  now: number,
): Promise<void> {
  const held = await db
    .selectFrom('run')
    .select('cancel_requested')
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('executor', '=', executor)
    .where('attempt', '=', attempt)
    .executeTakeFirst()
  if (held !== undefined) await db.updateTable('run').set(released(held, now)).where('id', '=', id).execute()
}

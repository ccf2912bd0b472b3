import type { RunStore } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Run } from '../runs/run.ts'
import { isHeld, type Presence } from './presence.ts'

type Claims = Pick<RunStore, 'claim' | 'claimById'>

export interface ClaimsOptions {
  readonly runs: RunStore
  readonly presence: Pick<Presence, 'prove' | 'hold'>
  readonly clock: Clock
}

/** Claims runs as an executor that others know to live: from one that they take for dead, runs are taken away as soon as it has them. */
export function createClaims({ runs, presence, clock }: ClaimsOptions): Claims {
  async function alive(claim: () => Promise<readonly Run[]>, executor: string): Promise<readonly Run[]> {
    await presence.prove()
    const held = presence.hold()
    const claimed = await claim()
    if (isHeld(held)) return claimed
    // It stood still in between: others may have them by now.
    for (const { id, attempt } of claimed) await runs.requeue(id, { executor, attempt, now: clock.now() })
    return []
  }

  return {
    claim: (options) => alive(() => runs.claim(options), options.executor),
    async claimById(id, options) {
      const claim = async () => {
        const run = await runs.claimById(id, options)
        return run === undefined ? [] : [run]
      }
      return (await alive(claim, options.executor))[0]
    },
  }
}

import type { HandedOver, RunStore } from '../control/control.ts'
import { systemClock } from '../core/clock.ts'
import type { DbosRuntime } from './dbos-runtime.ts'

export interface SweepOptions {
  readonly runs: RunStore
  /** How long DBOS keeps its record of a workflow that has ended, in real ms. */
  readonly ticketsKeptMs: number
  readonly start: (to: DbosRuntime, one: HandedOver) => Promise<void>
  /** Whether this process still works with DBOS. */
  readonly goesOn: (runtime: DbosRuntime) => boolean
}

/** Runs looked at in one sweep. */
const BITE = 100
/** Records of workflows deleted at once. */
const PRUNE_BITE = 1_000

export const workflowIdOf = ({ run, handover }: HandedOver): string => `${run.id}.${handover}`
const runIdOf = (workflowId: string) => workflowId.slice(0, workflowId.lastIndexOf('.'))

/** Looks for what others left behind: workflows of executors that died, hand-overs that came to nothing, and records that are not needed any more. */
export function createSweep({
  runs,
  ticketsKeptMs,
  start,
  goesOn,
}: SweepOptions): (runtime: DbosRuntime) => Promise<void> {
  /** Hand-overs that had not started at the last look. */
  let waiting: ReadonlySet<string> = new Set()
  let pruneAt = 0

  async function prune(from: DbosRuntime): Promise<void> {
    const now = systemClock.now()
    if (now < pruneAt) return
    pruneAt = now + ticketsKeptMs / 60
    while ((await from.prune(now - ticketsKeptMs, PRUNE_BITE)) === PRUNE_BITE && goesOn(from));
  }

  return async (from) => {
    const living = new Set((await runs.executors()).map(({ id }) => id))
    const orphans = (await from.pending()).filter((workflow) => !living.has(workflow.executor))
    await from.cancel(orphans.map(({ workflowId }) => workflowId))
    for (const { workflowId } of orphans) await runs.takeBack(runIdOf(workflowId))

    const handed = await runs.dispatched(BITE)
    const overdue = handed.filter((one) => waiting.has(workflowIdOf(one)))
    waiting = new Set(handed.map(workflowIdOf))
    if (overdue.length > 0) {
      const states = await from.states(overdue.map(workflowIdOf))
      for (const one of overdue) {
        const state = states.get(workflowIdOf(one))
        // Its ticket was spent on another run, and that one's may be lost: a ticket too many does no harm, one too few does.
        const lost = state === 'used' ? await runs.handAgain(one.run.id) : state && one
        if (lost !== undefined) await start(from, lost)
      }
    }
    await prune(from)
  }
}

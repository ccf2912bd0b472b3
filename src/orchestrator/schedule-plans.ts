import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Control, StateChange } from '../control/control.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { jitterOf } from './schedule-jitter.ts'
import { saidOf } from './schedule-state.ts'
import { nextTick, type ScheduledJob } from './schedules.ts'

/** A schedule that runs, and how far it has come. */
export interface Plan {
  readonly schedule: ScheduledJob
  /** Its ticks are put off by so long. */
  readonly offsetMs: number
  /** Ticks up to this time have been dealt with. */
  done: number
  /** The next tick after that; Infinity when there is none. */
  next: number
  /** When that one is due. */
  at: number
}

export interface Planning {
  readonly schedules: readonly ScheduledJob[]
  readonly known: ReadonlyMap<string, Plan>
  readonly said: ReadonlyMap<string, StateChange>
  readonly now: number
  /** Whether the program was down until now, so that ticks may have been missed. */
  readonly afterDowntime: boolean
}

/** Schedules planned before others have their turn. */
const AT_ONCE = 50

/** Deals with a plan's ticks up to `done`. Errors as `nextTick`. */
export function moveTo(plan: Plan, done: number): void {
  plan.done = done
  plan.next = nextTick(plan.schedule, done) ?? Number.POSITIVE_INFINITY
  plan.at = plan.next + plan.offsetMs
}

/**
 * The plans of the schedules that run. What is known goes on. What was resumed goes on from then. After a downtime a schedule goes on from its last tick on record;
 * otherwise, and where there is none, it begins now. A schedule that is not valid is left out and logged.
 */
export async function planSchedules(
  { schedules, known, said, now, afterDowntime }: Planning,
  { control, logger }: { readonly control: Pick<Control, 'schedules'>; readonly logger: Logger },
): Promise<ReadonlyMap<string, Plan>> {
  const running = schedules.filter((schedule) => {
    const word = saidOf(schedule, said)
    return word === undefined ? schedule.enabled : word.state === 'running'
  })
  const ids = afterDowntime ? running.map(({ id }) => id) : []
  const last = await control.schedules.lastTicks(ids, now)
  const plans = new Map<string, Plan>()
  for (const [index, schedule] of running.entries()) {
    const key = JSON.stringify([schedule.id, schedule.cron, schedule.timeZone])
    const resumed = saidOf(schedule, said)?.at
    const before = known.get(key)?.done ?? last.get(schedule.id)?.at ?? Math.min(resumed ?? now, now)
    const done = resumed === undefined || resumed > now ? before : Math.max(before, resumed)
    try {
      const plan = { schedule, offsetMs: jitterOf(schedule), done, next: 0, at: 0 }
      moveTo(plan, done)
      plans.set(key, plan)
    } catch (error) {
      logger.log('error', 'schedule left out', { schedule: schedule.id, problem: messageOf(error) })
    }
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn()
  }
  return plans
}

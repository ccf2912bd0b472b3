import { latestTick, nextTick, type ScheduledJob } from './schedules.ts'

/** What is to be done with the ticks of a stretch of time. */
export interface DueTicks {
  /** Ascending. */
  readonly fire: readonly number[]
  /** Those before them that are let pass: the first and the last. */
  readonly missed?: { readonly from: number; readonly to: number }
}

export interface Stretch {
  /** Ticks up to here have been dealt with. */
  readonly after: number
  /** Ticks up to here are due. */
  readonly until: number
  /** Ticks from here on are on time; earlier ones were missed. */
  readonly onTimeFrom: number
}

/** Which of the ticks that are due fire, as the schedule's policy for missed ones says. Of many it looks at only those that fire. Errors as `nextTick`. */
export function dueTicks(schedule: ScheduledJob, { after, until, onTimeFrom }: Stretch): DueTicks {
  const first = nextTick(schedule, after)
  if (first === undefined || first > until) return { fire: [] }
  const fire: number[] = []
  let before = until
  while (fire.length < mostOf(schedule)) {
    const tick = latestTick(schedule, after, before)
    if (tick === undefined || (schedule.catchUp === 'skip' && tick < onTimeFrom)) break
    fire.unshift(tick)
    before = tick - 1
  }
  const to = latestTick(schedule, after, before)
  return to === undefined ? { fire } : { fire, missed: { from: first, to } }
}

function mostOf({ catchUp, catchUpMax }: ScheduledJob): number {
  return catchUp === 'all' ? catchUpMax : 1
}

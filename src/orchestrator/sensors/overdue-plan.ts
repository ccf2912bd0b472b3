import type { Batch } from '../../config/project.ts'
import { batchSchedules, nextTick, type ScheduledJob } from '../schedules.ts'

/** A schedule whose runs are waited for. */
export interface OverduePlan {
  readonly schedule: ScheduledJob & { readonly batch: string }
  /** After so many of its ticks without a success it is overdue. */
  readonly ticks: number
  /** Since when it has been waited for: its last success, or else when it was first seen to run. */
  readonly since: number
  /** When its last tick of those that may pass is due; Infinity when it has not so many. */
  readonly deadline: number
}

/** What a batch has to do by its schedules: ingest and train, or both of them in its pipeline. */
export function awaitedSchedules(batch: Batch): readonly OverduePlan['schedule'][] {
  return batchSchedules(batch).flatMap((schedule) =>
    ['ingest', 'train', 'pipeline'].includes(schedule.job) ? [{ ...schedule, batch: batch.name }] : [],
  )
}

/** The plan of a schedule that has been waited for since this time. */
export function overduePlan(schedule: OverduePlan['schedule'], ticks: number, since: number): OverduePlan {
  return { schedule, ticks, since, deadline: tickAfter(schedule, since, ticks) }
}

/** The n-th tick after this time; Infinity when there are not so many, or the schedule is none. */
export function tickAfter(schedule: ScheduledJob, after: number, ticks: number): number {
  let tick: number | undefined = after
  try {
    for (let count = 0; count < ticks && tick !== undefined; count++) tick = nextTick(schedule, tick)
  } catch {
    // The loader of the project, and the scheduler, complain of it.
    return Number.POSITIVE_INFINITY
  }
  return tick === undefined ? Number.POSITIVE_INFINITY : tick + schedule.jitterMs
}

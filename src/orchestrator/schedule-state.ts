import { closest } from 'fastest-levenshtein'
import type { ScheduleStore } from '../control/control.ts'
import { AnomstackError } from '../core/errors.ts'
import type { ScheduledJob } from './schedules.ts'

/** What people said of a schedule, by its id or, where a job has several for the whole project, by the job's name. */
export function saidOf<Word>(
  { id, job }: Pick<ScheduledJob, 'id' | 'job'>,
  said: ReadonlyMap<string, Word>,
): Word | undefined {
  return said.get(id) ?? said.get(job)
}

/** Whether a schedule runs: as people said, otherwise as its file says. */
export function isRunning(
  schedule: Pick<ScheduledJob, 'id' | 'job' | 'enabled'>,
  states: ReadonlyMap<string, 'paused' | 'running'>,
): boolean {
  const state = saidOf(schedule, states)
  return state === undefined ? schedule.enabled : state === 'running'
}

/** The schedules that an id means: one, or all of a job for the whole project that has several. Errors: `NOT_FOUND`. */
export function schedulesOf(schedules: readonly ScheduledJob[], id: string): readonly ScheduledJob[] {
  const found = schedules.filter(
    (schedule) => schedule.id === id || (schedule.batch === undefined && schedule.job === id),
  )
  if (found.length > 0) return found
  const ids = schedules.map((schedule) => schedule.id)
  const hint = ids.length === 0 ? '' : `; did you mean "${shorten(closest(id, ids))}"?`
  throw new AnomstackError('NOT_FOUND', `there is no schedule "${shorten(id)}"${hint}`)
}

/** Pauses or resumes a schedule against what its file says; ticks that a pause lets pass are not caught up. Errors: `NOT_FOUND`. */
export async function setScheduleState(
  store: Pick<ScheduleStore, 'setState'>,
  schedules: readonly ScheduledJob[],
  change: { readonly id: string; readonly state: 'paused' | 'running'; readonly now: number },
): Promise<readonly ScheduledJob[]> {
  const { id, state, now } = change
  const meant = schedulesOf(schedules, id)
  await store.setState(id, state, now)
  // What was said of all of them replaces what was said of each.
  for (const schedule of meant) if (schedule.id !== id) await store.setState(schedule.id, undefined, now)
  return meant
}

const shorten = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 200)}…`)

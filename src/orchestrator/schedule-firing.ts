import type { Control, Tick, UnfinishedWork } from '../control/control.ts'
import type { Logger } from '../core/logger.ts'
import type { DueTick, Orchestrator } from './orchestrator.ts'
import { type DueTicks, dueTicks } from './schedule-catch-up.ts'
import { moveTo, type Plan } from './schedule-plans.ts'
import { nextTick, type ScheduledJob } from './schedules.ts'

export interface FiringParts {
  readonly orchestrator: Pick<Orchestrator, 'fire'>
  readonly control: Pick<Control, 'runs' | 'schedules'>
  readonly logger: Logger
}

interface Due extends DueTicks {
  readonly plan: Plan
}

/** A tick that is dealt with so long after it was due, ms, was still not missed. */
const ON_TIME = 60_000
/** With `overlap: queue`, ticks are skipped all the same while so many runs wait. */
const MOST_WAITING = 100

/** Deals with the ticks of these plans that are due: fires them, or records why not, and moves the plans on. Whatever it throws, it can be done again. */
export async function fireDue(plans: readonly Plan[], now: number, parts: FiringParts): Promise<void> {
  await heedOthers(
    plans.filter((plan) => isLate(plan, now)),
    now,
    parts,
  )
  const due = plans.map((plan): Due => {
    const until = now - plan.offsetMs
    return { plan, ...dueTicks(plan.schedule, { after: plan.done, until, onTimeFrom: until - ON_TIME }) }
  })
  await recordMissed(due, parts)
  const free = await skipOverlapping(
    due.filter(({ fire }) => fire.length > 0),
    parts,
  )
  const queued = await parts.orchestrator.fire(free.flatMap(ticksOf))
  for (const run of queued)
    parts.logger.log('debug', 'tick fired', { job: run.job, ...batchOf(run), run: run.id })
  for (const { plan, fire, missed } of due) moveTo(plan, fire.at(-1) ?? missed?.to ?? plan.done)
}

/** Whether more has passed since the plan's last tick than a scheduler lets pass: then others may have dealt with it. */
function isLate({ schedule, next, at, offsetMs }: Plan, now: number): boolean {
  return now - at > ON_TIME || (nextTick(schedule, next) ?? Number.POSITIVE_INFINITY) + offsetMs <= now
}

async function heedOthers(plans: readonly Plan[], now: number, { control }: FiringParts): Promise<void> {
  const last = await control.schedules.lastTicks(
    plans.map(({ schedule }) => schedule.id),
    now,
  )
  for (const plan of plans) {
    const tick = last.get(plan.schedule.id)
    if (tick !== undefined && tick.at > plan.done) moveTo(plan, tick.at)
  }
}

/** One record for all ticks of a schedule that were missed, however many. */
async function recordMissed(due: readonly Due[], { control, logger }: FiringParts): Promise<void> {
  const ticks = due.flatMap(({ plan: { schedule }, missed }): Tick[] => {
    if (missed === undefined) return []
    const { from, to } = missed
    const since = from === to ? '' : `, nor those from ${isoTime(from)} on`
    return [
      { schedule: schedule.id, at: to, outcome: 'missed', reason: `nothing ran that could fire it${since}` },
    ]
  })
  for (const { schedule, at, reason } of await control.schedules.recordTicks(ticks))
    logger.log('warn', 'tick missed', { schedule, tick: isoTime(at), reason: reason ?? '' })
}

/** Records ticks as skipped whose schedule does not let runs overlap, and returns the others. The ticks of one catch-up do not stand in each other's way. */
async function skipOverlapping(
  due: readonly Due[],
  { control, logger }: FiringParts,
): Promise<readonly Due[]> {
  const rows = await control.runs.unfinished(due.map(({ plan: { schedule } }) => schedule))
  if (rows.length === 0) return due
  const unfinished = new Map(rows.map((work) => [workKey(work), work]))
  const reasonOf = ({ schedule }: Plan) => overlapOf(schedule, unfinished.get(workKey(schedule)))
  const ticks = due.flatMap(({ plan, fire }) => {
    const reason = reasonOf(plan)
    return reason === undefined
      ? []
      : fire.map((at): Tick => ({ schedule: plan.schedule.id, at, outcome: 'skipped', reason }))
  })
  // A tick that another has fired, so that its run is what has not ended, is on record.
  for (const { schedule, at, reason } of await control.schedules.recordTicks(ticks))
    logger.log('warn', 'tick skipped', { schedule, tick: isoTime(at), reason: reason ?? '' })
  return due.filter(({ plan }) => reasonOf(plan) === undefined)
}

function overlapOf({ overlap }: ScheduledJob, work: UnfinishedWork | undefined): string | undefined {
  if (work === undefined) return undefined
  if (overlap === 'skip') return `the run before, ${work.newest}, has not ended`
  return work.whole < MOST_WAITING ? undefined : `${work.whole} runs have not ended`
}

function ticksOf({ plan: { schedule }, fire }: Due): readonly DueTick[] {
  const { id, job, params } = schedule
  return fire.map((scheduledFor) => ({
    schedule: id,
    request: {
      job,
      ...batchOf(schedule),
      trigger: 'schedule',
      scheduledFor,
      ...(params === undefined ? {} : { params }),
    },
  }))
}

const batchOf = ({ batch }: { readonly batch?: string }) => (batch === undefined ? {} : { batch })
const workKey = ({ job, batch = '' }: { readonly job: string; readonly batch?: string }) => `${job}:${batch}`
const isoTime = (at: number) => new Date(at).toISOString()

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Notice } from '../../alerts/notice.ts'
import { formatTimestamp } from '../../core/timestamp.ts'
import type { JobName } from '../../runs/run.ts'
import { isRunning } from '../schedule-state.ts'
import { awaitedSchedules, type OverduePlan, overduePlan } from './overdue-plan.ts'
import type { Sensor, SensorServices } from './sensor.ts'

/** Real ms: what a run may take after its tick. */
const TOLERANCE = 60_000
/** Real ms after the start in which what was missed in a downtime is caught up with. */
const GRACE = 600_000
const BITE = 200

/** Tells of batches that have not ingested or trained for `overdue_after_n` periods of their schedules. */
export function overdue({ project, control, clock, notices }: SensorServices): Sensor {
  let plans = new Map<string, OverduePlan>()
  let watchingSince: number | undefined

  /** Plans of the schedules that run now. One that starts to, or starts again to, has its time from now on. */
  async function replan(now: number): Promise<void> {
    const states = await control.schedules.states()
    const first = watchingSince === undefined
    const planned = new Map<string, OverduePlan>()
    const fresh: OverduePlan['schedule'][] = []
    const ticksOf = new Map<string, number>()
    for (const batch of project().batches.values())
      for (const schedule of awaitedSchedules(batch)) {
        if (!isRunning(schedule, states)) continue
        const ticks = batch.settings.overdue_after_n
        ticksOf.set(schedule.id, ticks)
        const known = plans.get(schedule.id)
        const same =
          known?.schedule.cron === schedule.cron &&
          known.schedule.timeZone === schedule.timeZone &&
          known.ticks === ticks
        if (known !== undefined && same) planned.set(schedule.id, known)
        else fresh.push(schedule)
      }
    const last = first ? await lastSuccesses(fresh) : new Map<string, number>()
    for (const [index, schedule] of fresh.entries()) {
      const since = last.get(schedule.id) ?? (first ? await firstAsked(schedule, now) : now)
      planned.set(
        schedule.id,
        overduePlan(schedule, ticksOf.get(schedule.id) ?? 1, plans.get(schedule.id)?.since ?? since),
      )
      // Each cron is parsed: with thousands of them, others get their turn in between.
      if (index % BITE === 0) await nextTurn()
    }
    plans = planned
    watchingSince ??= now
  }

  async function firstAsked({ job, batch }: OverduePlan['schedule'], now: number): Promise<number> {
    const runs = await control.runs.list({ job, batch, limit: 100 })
    return runs.at(-1)?.queuedAt ?? now
  }

  /** By schedule; those without a success are absent. */
  async function lastSuccesses(
    schedules: readonly OverduePlan['schedule'][],
  ): Promise<ReadonlyMap<string, number>> {
    const batches = new Map<JobName, string[]>()
    for (const { job, batch } of schedules) batches.set(job, [...(batches.get(job) ?? []), batch])
    const ends = new Map<string, number>()
    for (const [job, names] of batches)
      for (const run of await control.runs.newest({ batches: names, jobs: [job], status: 'succeeded' }))
        ends.set(`${job}:${run.batch ?? ''}`, run.endedAt ?? 0)
    return ends
  }

  async function refresh(stale: readonly OverduePlan[]): Promise<void> {
    const ends = await lastSuccesses(stale.map(({ schedule }) => schedule))
    for (const [index, plan] of stale.entries()) {
      const end = ends.get(plan.schedule.id)
      if (end !== undefined && end > plan.since)
        plans.set(plan.schedule.id, overduePlan(plan.schedule, plan.ticks, end))
      if (index % BITE === 0) await nextTurn()
    }
  }

  async function tell({ schedule, ticks, since, deadline }: OverduePlan, now: number): Promise<void> {
    const { job, batch } = schedule
    await notices.open({
      kind: 'overdue',
      subject: schedule.id,
      since,
      title: `⌛ [${batch}] ${doing(job)} is overdue (${formatTimestamp(now)}) ⌛`,
      text: `The schedule "${schedule.cron}" (${schedule.timeZone}) has come ${ticks} times since ${formatTimestamp(since)}, the last of them at ${formatTimestamp(deadline)}, and no run has succeeded. Look at the runs of the batch, and at whether anything executes its queue.`,
      link: `/batches/${encodeURIComponent(batch)}/runs`,
      details: { job, batch, cron: schedule.cron, periods: ticks },
    })
  }

  async function settle(open: Notice, now: number): Promise<void> {
    const plan = plans.get(open.subject)
    // It was paused, or has left the project.
    if (plan === undefined) return notices.resolve(open)
    if (plan.since <= open.since) return
    const { job, batch } = plan.schedule
    await notices.resolve(open, {
      title: `✅ [${batch}] ${doing(job)} works again (${formatTimestamp(now)}) ✅`,
      text: `It succeeded at ${formatTimestamp(plan.since)}, for the first time since ${formatTimestamp(open.since)}.`,
      ...(open.link === undefined ? {} : { link: open.link }),
    })
  }

  return {
    name: 'overdue',
    summary:
      'Tells of a batch that has not ingested or trained for `overdue_after_n` periods of its schedule.',
    everyMs: 60_000,
    timeoutMs: 120_000,
    scope: 'cluster',
    async check() {
      const now = clock.now()
      const speed = project().server.clockSpeed
      await replan(now)
      const opened = await notices.opened('overdue')
      await refresh(
        [...plans.values()].filter(({ schedule, deadline }) => deadline <= now || opened.has(schedule.id)),
      )
      for (const notice of opened.values())
        if (!notice.subject.startsWith('channel:')) await settle(notice, now)
      // What was missed while nothing ran is being caught up with.
      if (now - (watchingSince ?? now) < GRACE * speed) return
      for (const plan of plans.values())
        if (plan.deadline + TOLERANCE * speed <= now && !opened.has(plan.schedule.id)) await tell(plan, now)
    },
  }
}

function doing(job: JobName): string {
  return job === 'train' ? 'training' : job
}

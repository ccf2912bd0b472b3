import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Run } from '../runs/run.ts'
import type { Orchestrator } from './orchestrator.ts'
import { latestTick, nextTick, type ScheduledJob } from './schedules.ts'

/**
 * Queues the runs of schedules. Any number of schedulers, in any number of processes, fire each tick once. Of the ticks that were missed (downtime, a
 * stalled machine, a clock that runs fast) only the latest of a schedule fires; a tick whose predecessor is still queued or running is skipped.
 */
export interface Scheduler {
  start(): void
  /** Reads the schedules again: the project has changed. */
  replan(): void
  stop(): Promise<void>
}

export interface SchedulerOptions {
  readonly clock: Clock
  readonly orchestrator: Pick<Orchestrator, 'enqueue'>
  readonly schedules: () => readonly ScheduledJob[]
  readonly control: Pick<Control, 'runs'>
  readonly logger: Logger
}

/** A schedule and how far it has come. */
interface Plan {
  readonly schedule: ScheduledJob
  /** Ticks up to this time have been dealt with. */
  done: number
  /** The next tick after that; Infinity when there is none. */
  next: number
}

/** Looked at again after so long even if nothing is due: the clock may have been set forward meanwhile. */
const LONGEST_SLEEP = 60_000
/** Waited after the control database failed. */
const RETRY = 10_000

export function createScheduler({
  clock,
  orchestrator,
  schedules,
  control,
  logger,
}: SchedulerOptions): Scheduler {
  const stopping = new AbortController()
  let sleeping = new AbortController()
  let plans = new Map<string, Plan>()
  let replanning = true
  let seen = Number.NEGATIVE_INFINITY
  let loop: Promise<void> | undefined

  async function planOf(schedule: ScheduledJob, now: number): Promise<Plan | undefined> {
    const last = await control.runs.lastScheduled(schedule)
    const done = Math.min(last ?? now, now)
    try {
      return { schedule, done, next: nextTick(schedule, done) ?? Number.POSITIVE_INFINITY }
    } catch (error) {
      logger.log('error', 'schedule left out', {
        job: schedule.job,
        batch: schedule.batch,
        problem: messageOf(error),
      })
      return undefined
    }
  }

  async function plan(now: number): Promise<void> {
    replanning = false
    const planned = new Map<string, Plan>()
    try {
      for (const schedule of schedules()) {
        const key = JSON.stringify([schedule.id, schedule.cron, schedule.timeZone])
        const known = plans.get(key) ?? (await planOf(schedule, now))
        if (known !== undefined) planned.set(key, known)
        if (planned.size % 50 === 0) await nextTurn()
      }
    } catch (error) {
      replanning = true
      throw error
    }
    plans = planned
  }

  /** A clock that was set back, at some time of the last sleep, lives through some ticks again; their idempotency keys keep them from firing again. */
  function goBack(now: number): void {
    for (const known of plans.values()) {
      known.done = Math.min(known.done, now - LONGEST_SLEEP)
      known.next = nextTick(known.schedule, known.done) ?? Number.POSITIVE_INFINITY
    }
  }

  async function unfinished({ job, batch }: ScheduledJob): Promise<Run | undefined> {
    const [running] = await control.runs.list({ job, batch, status: 'running', limit: 1 })
    if (running !== undefined) return running
    const [queued] = await control.runs.list({ job, batch, status: 'queued', limit: 1 })
    return queued
  }

  async function fire(schedule: ScheduledJob, tick: number): Promise<void> {
    const { job, batch } = schedule
    const fields = { job, batch, tick: new Date(tick).toISOString() }
    const previous = await unfinished(schedule)
    if (previous !== undefined) {
      // Another scheduler may have fired this very tick.
      if (previous.scheduledFor !== tick)
        logger.log('warn', 'tick skipped: the previous run has not ended', {
          ...fields,
          previous: previous.id,
          status: previous.status,
        })
      return
    }
    const { run, created } = await orchestrator.enqueue(
      { job, batch, trigger: 'schedule', scheduledFor: tick },
      { idempotencyKey: `schedule:${job}:${batch}:${fields.tick}` },
    )
    if (created) logger.log('debug', 'tick fired', { ...fields, run: run.id })
  }

  async function fireDue(now: number): Promise<void> {
    for (const due of plans.values()) {
      if (due.next > now) continue
      if (stopping.signal.aborted) return
      const tick = latestTick(due.schedule, due.done, now) ?? due.next
      await fire(due.schedule, tick)
      due.done = tick
      due.next = nextTick(due.schedule, now) ?? Number.POSITIVE_INFINITY
      // Many schedules may be due at the full hour: let others have their turn.
      await nextTurn()
    }
  }

  /** Does what is due, and returns for how long there is nothing to do. */
  async function advance(): Promise<number> {
    const now = clock.now()
    try {
      if (replanning) await plan(now)
      if (now < seen) goBack(now)
      seen = now
      await fireDue(now)
    } catch (error) {
      logger.log('error', 'schedules could not be looked after', { problem: messageOf(error) })
      return RETRY
    }
    let next = clock.now() + LONGEST_SLEEP
    for (const known of plans.values()) next = Math.min(next, known.next)
    return Math.max(0, next - clock.now())
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Before looking, so that what changes while it looks cuts the sleep short.
      sleeping = new AbortController()
      const pause = await advance()
      await clock.sleep(pause, sleeping.signal)
    }
  }

  return {
    start() {
      loop ??= run()
    },
    replan() {
      replanning = true
      sleeping.abort()
    },
    async stop() {
      stopping.abort()
      sleeping.abort()
      await loop
    },
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Control, StateChange } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Orchestrator } from './orchestrator.ts'
import { fireDue } from './schedule-firing.ts'
import { createScheduleHeap, type ScheduleHeap } from './schedule-heap.ts'
import { moveTo, type Plan, planSchedules } from './schedule-plans.ts'
import { setScheduleState } from './schedule-state.ts'
import type { ScheduledJob } from './schedules.ts'

/**
 * Queues the runs of schedules. Any number of schedulers, in any number of processes, deal with each tick once: it is fired, skipped because the run before has not
 * ended, or missed (downtime, a stalled machine, a clock that was set forward), and that is on record. Which of the ticks that were missed fire after all is
 * the schedule's policy.
 */
export interface Scheduler {
  start(): void
  /** Reads the schedules again: the project has changed. What is new in it begins now. */
  replan(): void
  /** Pauses or resumes a schedule, here at once and elsewhere within seconds. Errors: `NOT_FOUND`, `CONTROL_FAILED`. */
  setState(id: string, state: 'paused' | 'running'): Promise<void>
  stop(): Promise<void>
}

export interface SchedulerOptions {
  readonly clock: Clock
  readonly orchestrator: Pick<Orchestrator, 'fire'>
  /** All schedules, those that are stopped too. */
  readonly schedules: () => readonly ScheduledJob[]
  readonly control: Pick<Control, 'runs' | 'schedules'>
  readonly logger: Logger
  /** How often to look for what other processes paused or resumed, in real ms. */
  readonly pollMs?: number
}

/** Looked at again after so long even if nothing is due: the clock may have been set forward meanwhile. */
const LONGEST_SLEEP = 60_000
/** A clock may be set back by less than this, ms, without any tick being lived through again. */
const SMALL_STEP = 1_000
/** Waited after the control database failed. */
const RETRY = 10_000
/** Ticks dealt with in one transaction. */
const BITE = 100

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { clock, schedules, control, logger, pollMs = 2_000 } = options
  const stopping = new AbortController()
  let sleeping = new AbortController()
  let plans: ReadonlyMap<string, Plan> = new Map()
  let heap: ScheduleHeap<Plan> = createScheduleHeap([])
  let said: ReadonlyMap<string, StateChange> = new Map()
  let replanning = true
  let afterDowntime = true
  let seen = Number.NEGATIVE_INFINITY
  let loop: Promise<void> | undefined
  let poll: NodeJS.Timeout | undefined
  let polling: Promise<void> | undefined

  function replan(): void {
    replanning = true
    sleeping.abort()
  }

  async function plan(now: number): Promise<void> {
    replanning = false
    try {
      said = await control.schedules.stateChanges()
      plans = await planSchedules(
        { schedules: schedules(), known: plans, said, now, afterDowntime },
        { control, logger },
      )
    } catch (error) {
      replanning = true
      throw error
    }
    afterDowntime = false
    heap = createScheduleHeap(plans.values())
  }

  /** Looks for what other processes paused or resumed. */
  async function look(): Promise<void> {
    try {
      if (!isDeepStrictEqual(await control.schedules.stateChanges(), said)) replan()
    } catch (error) {
      logger.log('error', 'states of schedules could not be read', { problem: messageOf(error) })
    }
  }

  /** A clock that was set back, at some time of the last sleep, lives through some ticks again; what is on record of them keeps them from firing again. */
  function goBack(now: number): void {
    for (const known of plans.values()) moveTo(known, Math.min(known.done, now - LONGEST_SLEEP))
    heap = createScheduleHeap(plans.values())
  }

  async function fireAllDue(now: number): Promise<void> {
    while (!stopping.signal.aborted) {
      const due = heap.takeDue(now, BITE)
      if (due.length === 0) return
      try {
        await fireDue(due, now, options)
      } finally {
        for (const one of due) heap.push(one)
      }
      // Many schedules may be due at the full hour: let others have their turn.
      await nextTurn()
    }
  }

  /** Does what is due, and returns for how long there is nothing to do. */
  async function advance(): Promise<number> {
    const now = clock.now()
    try {
      if (replanning) await plan(now)
      if (now < seen - SMALL_STEP) goBack(now)
      seen = now
      await fireAllDue(now)
    } catch (error) {
      logger.log('error', 'schedules could not be looked after', { problem: messageOf(error) })
      return RETRY
    }
    return Math.max(0, Math.min(heap.nextAt() - clock.now(), LONGEST_SLEEP))
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
      poll ??= setInterval(() => {
        polling ??= look().finally(() => {
          polling = undefined
        })
      }, pollMs)
    },
    replan,
    async setState(id, state) {
      await setScheduleState(control.schedules, schedules(), { id, state, now: clock.now() })
      replan()
    },
    async stop() {
      clearInterval(poll)
      stopping.abort()
      sleeping.abort()
      await polling
      await loop
    },
  }
}

import { afterEach } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import type { Logger } from '../../src/core/logger.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import { createScheduler, type Scheduler } from '../../src/orchestrator/scheduler.ts'
import type { ScheduledJob } from '../../src/orchestrator/schedules.ts'
import { claimOne } from '../control/claim-one.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'
import { schedule } from './schedule.ts'

export const MINUTE = 60_000
export const START = Date.parse('2025-06-01T00:00:30Z')

/** Schedulers on a control database, and a clock that stands still until it is moved. */
export interface Setting {
  readonly clock: FakeClock
  readonly schedules: ScheduledJob[]
  /** Of the control database. */
  readonly file: string
  readonly control: Control
  /** The same control database, opened once more as another process would. */
  readonly another: () => Promise<Control>
  readonly logged: string[]
  /** Ends every run that is queued, as a worker would. */
  readonly work: () => Promise<void>
  /** Ticks that were fired, oldest first. */
  readonly fired: () => Promise<string[]>
  /** What is on record of ticks, oldest first: `outcome time`. */
  readonly recorded: () => Promise<string[]>
  readonly start: (using?: Control) => Scheduler
  readonly minutes: (count: number) => Promise<void>
}

/** Makes settings with one schedule each; all schedulers are stopped after each test. */
export function schedulerSettings(): (
  cron: string,
  more?: Partial<ScheduledJob>,
  start?: number,
) => Promise<Setting> {
  const controls = temporaryControls()
  const running: Scheduler[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((scheduler) => scheduler.stop()))
  })

  return async (cron, more = {}, begin = START) => {
    const file = controls.file()
    const control = await controls.open(file)
    const clock = createFakeClock(begin)
    const logged: string[] = []
    const logger: Logger = { log: (level, message) => void logged.push(`${level}: ${message}`) }
    const schedules = [schedule(cron, more)]
    const work = async () => {
      for (;;) {
        const run = await claimOne(control.runs, { jobs: ['ingest'], executor: 'e', now: clock.now() })
        if (run === undefined) return
        await control.runs.finish(run.id, {
          attempt: 1,
          executor: 'e',
          status: 'succeeded',
          now: clock.now(),
        })
      }
    }
    return {
      clock,
      schedules,
      file,
      control,
      another: () => controls.open(file),
      logged,
      work,
      async fired() {
        const runs = await control.runs.list({ limit: 1_000 })
        return runs.map((run) => new Date(run.scheduledFor!).toISOString()).toSorted()
      },
      async recorded() {
        const ticks = await control.schedules.ticks({ limit: 1_000 })
        return ticks.map(({ outcome, at }) => `${outcome} ${new Date(at).toISOString()}`).toReversed()
      },
      start(using = control) {
        const orchestrator = createLocalOrchestrator({ control: using, clock, logger, maxRuntimeMs: 60_000 })
        const scheduler = createScheduler({
          clock,
          orchestrator,
          schedules: () => schedules,
          control: using,
          logger,
          pollMs: 20,
        })
        scheduler.start()
        running.push(scheduler)
        return scheduler
      },
      async minutes(count) {
        for (let minute = 0; minute < count; minute++) {
          await clock.advance(MINUTE)
          await work()
        }
      },
    }
  }
}

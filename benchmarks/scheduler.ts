import { join } from 'node:path'
import type { Control } from '../src/control/control.ts'
import type * as Opening from '../src/control/open-control.ts'
import { type Clock, systemClock } from '../src/core/clock.ts'
import { silentLogger } from '../src/core/logger.ts'
import type * as Local from '../src/orchestrator/local.ts'
import type { DueTick } from '../src/orchestrator/orchestrator.ts'
import type * as Scheduling from '../src/orchestrator/scheduler.ts'
import type { ScheduledJob } from '../src/orchestrator/schedules.ts'
import type { Run } from '../src/runs/run.ts'
import { built } from './built.ts'
import { type Benchmark, type Measurement, timed } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const START = Date.UTC(2026, 0, 1) + 30 * SECOND
const BATCHES = 10_000
const PERIODS = 2
const PERIOD = 5 * MINUTE

function schedulesOf(count: number, cron: string, more: Partial<ScheduledJob>): readonly ScheduledJob[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `ingest:batch_${index}`,
    job: 'ingest',
    batch: `batch_${index}`,
    cron,
    timeZone: 'Europe/Berlin',
    enabled: true,
    jitterMs: 0,
    catchUp: 'latest',
    catchUpMax: 10,
    overlap: 'queue',
    ...more,
  }))
}

/** A clock that shows the time at which its one sleeper wants to be woken, up to a limit. */
function leapingClock(): Clock & { leapTo(limit: number): Promise<void> } {
  let now = START
  let sleeper: { readonly until: number; readonly wake: () => void } | undefined
  let onSleep = () => {}
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleeper = { until: now + ms, wake: resolve }
        onSleep()
        signal?.addEventListener('abort', () => resolve(), { once: true })
      }),
    async leapTo(limit) {
      for (;;) {
        if (sleeper === undefined)
          await new Promise<void>((resolve) => {
            onSleep = resolve
          })
        const { until, wake } = sleeper!
        if (until > limit) break
        sleeper = undefined
        now = Math.max(now, until)
        wake()
      }
      now = limit
    },
  }
}

interface Parts {
  readonly control: Control
  readonly clock: Clock
  readonly schedules: readonly ScheduledJob[]
  readonly fired?: (ticks: readonly DueTick[], runs: readonly Run[]) => void
}

async function schedulerOf({ control, clock, schedules, fired }: Parts): Promise<Scheduling.Scheduler> {
  const { createLocalOrchestrator } = await built<typeof Local>('orchestrator/local.js')
  const { createScheduler } = await built<typeof Scheduling>('orchestrator/scheduler.js')
  const orchestrator = createLocalOrchestrator({
    control,
    clock,
    logger: silentLogger,
    maxRuntimeMs: MINUTE,
  })
  return createScheduler({
    clock,
    control,
    logger: silentLogger,
    schedules: () => schedules,
    orchestrator: {
      async fire(ticks) {
        const runs = await orchestrator.fire(ticks)
        fired?.(ticks, runs)
        return runs
      },
    },
  })
}

async function opened(folder: string, name: string): Promise<Control> {
  const { openControl } = await built<typeof Opening>('control/open-control.js')
  return openControl({ file: join(folder, name) })
}

/** A quarter of an hour of 10,000 batches, in as little real time as it takes. */
async function tenThousand(folder: string, jitterMs: number): Promise<readonly Measurement[]> {
  const what = `10,000 batches every 5 minutes, ${jitterMs === 0 ? 'all at once' : 'with a jitter of 5 minutes'}`
  const control = await opened(folder, `many-${jitterMs}.db`)
  const clock = leapingClock()
  let queued = 0
  const scheduler = await schedulerOf({
    control,
    clock,
    schedules: schedulesOf(BATCHES, '*/5 * * * *', { jitterMs }),
    fired: (_, runs) => {
      queued += runs.length
    },
  })
  const planning = await timed(async () => {
    scheduler.start()
    await clock.leapTo(START)
  })
  const before = process.cpuUsage()
  const { seconds } = await timed(() => clock.leapTo(START + (PERIODS + 1) * PERIOD))
  const { user, system } = process.cpuUsage(before)
  await scheduler.stop()
  await control.close()
  const most = (PERIODS + 1) * BATCHES
  if (queued < PERIODS * BATCHES || queued > most) throw new Error(`${queued} runs were queued`)
  const perPeriod = BATCHES / queued
  const cpu = ((user + system) / 1_000_000) * perPeriod
  return [
    {
      name: `${what}: CPU of one core`,
      value: (cpu / (PERIOD / SECOND)) * 100,
      unit: '%',
      target: { most: 5 },
    },
    { name: `${what}: one round of ticks`, value: seconds * perPeriod, unit: 's' },
    { name: `${what}: planning`, value: planning.seconds, unit: 's' },
  ]
}

/** From a tick to its run being on disk, for each of 50 batches that are due at once, some times over. */
async function fiftyAtOnce(folder: string): Promise<Measurement> {
  const control = await opened(folder, 'fifty.db')
  const delays: number[] = []
  const scheduler = await schedulerOf({
    control,
    clock: systemClock,
    schedules: schedulesOf(50, '* * * * * *', {}),
    fired: (ticks) => {
      for (const { request } of ticks) delays.push(Date.now() - request.scheduledFor)
    },
  })
  scheduler.start()
  while (delays.length < 50 * 10) await systemClock.sleep(SECOND)
  await scheduler.stop()
  await control.close()
  delays.sort((a, b) => a - b)
  return {
    name: '50 batches due at once: tick to queued run, 95th percentile',
    value: delays[Math.ceil(delays.length * 0.95) - 1]!,
    unit: 'ms',
    target: { most: 100 },
  }
}

/** What it costs to look after schedules on a SQLite control database; nobody executes the runs. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => [
    ...(await tenThousand(folder, 0)),
    ...(await tenThousand(folder, PERIOD)),
    await fiftyAtOnce(folder),
  ])

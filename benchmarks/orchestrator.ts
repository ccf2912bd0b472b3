import { statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Control } from '../src/control/control.ts'
import { openPostgresControl } from '../src/control/postgres-control.ts'
import { openSqliteControl } from '../src/control/sqlite-control.ts'
import { systemClock } from '../src/core/clock.ts'
import { silentLogger } from '../src/core/logger.ts'
import { createDbosOrchestrator } from '../src/orchestrator/dbos.ts'
import { createLocalOrchestrator } from '../src/orchestrator/local.ts'
import type { Orchestrator } from '../src/orchestrator/orchestrator.ts'
import { createScheduler } from '../src/orchestrator/scheduler.ts'
import { createRunRecorder } from '../src/runs/recorder.ts'
import type { Run, RunRequest } from '../src/runs/run.ts'
import { startPostgres } from '../test/postgres/start-postgres.ts'
import type { Benchmark, Measurement, Target } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

const SEQUENTIAL = 200
const TOGETHER = 2_000
const DUE_AT_ONCE = 50
const TICKS = 8
const STEPS = 10
/** Processes of PostgreSQL tell what they have done within a second. */
const STATISTICS_MS = 1_500

/** What both engines cost: a run that does nothing, many of them, the way from a tick to the first step, and the records of steps. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const file = join(folder, 'control.db')
    const local = await openSqliteControl(file)
    const ours: Measurement[] = []
    const options = { clock: systemClock, logger: silentLogger, maxRuntimeMs: 600_000 }
    try {
      const engine = () => createLocalOrchestrator({ ...options, control: local })
      ours.push(
        ...(await measureEngine('local', engine, local, {
          latency: { most: 5 },
          throughput: { least: 1_000 },
          tick: { most: 100 },
        })),
      )
      ours.push(await measureGrowth(local, file))
    } finally {
      await local.close()
    }
    const postgres = await startPostgres()
    try {
      const url = await postgres.createDatabase()
      const control = await openPostgresControl(url)
      const engine = () => createDbosOrchestrator({ ...options, control, url })
      const distributed = await measureEngine('dbos', engine, control, { tick: { most: 250 } })
      distributed.push(await measureTransactions(engine, control, url))
      await control.close()
      const bare = await measureBare(await postgres.createDatabase())
      const ratio = rateOf(bare, 'together') / rateOf(distributed, 'together')
      return [
        ...ours,
        ...distributed,
        ...bare,
        {
          name: 'orchestrator dbos: time per run, over that of a bare DBOS workflow of one step',
          value: ratio,
          unit: 'x',
          target: { most: 1.5 },
        },
      ]
    } finally {
      await postgres.stop()
    }
  })

const rateOf = (measurements: readonly Measurement[], part: string) =>
  measurements.find(({ name }) => name.includes(part))!.value

const request = (index: number): RunRequest => ({ job: 'ingest', batch: `b${index}`, trigger: 'manual' })

async function measureEngine(
  name: string,
  create: () => Orchestrator,
  control: Control,
  targets: { readonly latency?: Target; readonly throughput?: Target; readonly tick: Target },
): Promise<Measurement[]> {
  const one = create()
  one.register(new Map([['ingest', async () => {}]]))
  await one.start({ concurrency: 16 })
  const latencies: number[] = []
  for (let index = 0; index < SEQUENTIAL; index++) {
    const since = performance.now()
    const { run } = await one.enqueue(request(index))
    await one.wait(run.id)
    latencies.push(performance.now() - since)
  }
  const since = performance.now()
  const queued = await Promise.all(
    Array.from({ length: TOGETHER }, (_, index) => one.enqueue(request(index))),
  )
  await Promise.all(queued.map(({ run }) => one.wait(run.id)))
  const seconds = (performance.now() - since) / 1000
  await one.stop({ graceMs: 1_000 })
  return [
    {
      name: `orchestrator ${name}: a run that does nothing, from its request to its end, median`,
      value: quantile(latencies, 0.5),
      unit: 'ms',
      ...(targets.latency === undefined ? {} : { target: targets.latency }),
    },
    {
      name: `orchestrator ${name}: runs that do nothing, ${TOGETHER} requested together`,
      value: TOGETHER / seconds,
      unit: 'runs/s',
      ...(targets.throughput === undefined ? {} : { target: targets.throughput }),
    },
    {
      name: `orchestrator ${name}: from a tick to the first step, ${DUE_AT_ONCE} batches due at once, 95th percentile`,
      value: await measureTicks(create, control),
      unit: 'ms',
      target: targets.tick,
    },
  ]
}

/** What PostgreSQL has to bear at most: transactions of each of some runs with the steps of a pipeline, DBOS's own included, one after the other, so that none share theirs. */
async function measureTransactions(
  create: () => Orchestrator,
  control: Control,
  url: string,
): Promise<Measurement> {
  const one = create()
  one.register(
    new Map([
      [
        'ingest',
        async ({ run }) => {
          const recorder = recorderOf(control, run)
          for (let step = 0; step < STEPS; step++) await recorder.step(`stage/step ${step}`, async () => {})
          await recorder.close()
        },
      ],
    ]),
  )
  await one.start({ concurrency: 16 })
  const before = await committed(url)
  for (let index = 0; index < SEQUENTIAL; index++) {
    const { run } = await one.enqueue(request(index))
    await one.wait(run.id)
  }
  const after = await committed(url)
  await one.stop({ graceMs: 1_000 })
  return {
    name: `orchestrator dbos: transactions of PostgreSQL for a run of ${STEPS} steps`,
    value: (after - before) / SEQUENTIAL,
    unit: 'tx',
  }
}

/** Transactions that a database has committed, once its processes have told of theirs. */
async function committed(url: string): Promise<number> {
  await systemClock.sleep(STATISTICS_MS)
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query<{ commits: string }>(
    'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()',
  )
  await client.end()
  return Number(rows[0]!.commits)
}

const recorderOf = (control: Control, run: Run) =>
  createRunRecorder({
    runs: control.runs,
    run,
    clock: systemClock,
    logger: silentLogger,
    redact: (text) => text,
  })

/** Real ticks, one every two seconds. */
async function measureTicks(create: () => Orchestrator, control: Control): Promise<number> {
  const delays: number[] = []
  const orchestrator = create()
  orchestrator.register(
    new Map([
      [
        'ingest',
        async ({ run }) => {
          const recorder = recorderOf(control, run)
          await recorder.step('read', async () => void delays.push(Date.now() - run.scheduledFor!))
          await recorder.close()
        },
      ],
    ]),
  )
  await orchestrator.start({ concurrency: 16 })
  const schedules = Array.from({ length: DUE_AT_ONCE }, (_, index) => ({
    id: `ingest:due${index}`,
    job: 'ingest' as const,
    batch: `due${index}`,
    cron: '*/2 * * * * *',
    timeZone: 'UTC',
    enabled: true,
    jitterMs: 0,
    catchUp: 'latest' as const,
    catchUpMax: 1,
    overlap: 'queue' as const,
  }))
  const scheduler = createScheduler({
    clock: systemClock,
    orchestrator,
    control,
    logger: silentLogger,
    schedules: () => schedules,
  })
  scheduler.start()
  while (delays.length < DUE_AT_ONCE * TICKS) await systemClock.sleep(50)
  await scheduler.stop()
  await orchestrator.stop({ graceMs: 2_000 })
  return quantile(delays, 0.95)
}

/** How much the file grows for each step of runs like a pipeline's, the run itself included. */
async function measureGrowth(control: Control, file: string): Promise<Measurement> {
  const size = () => statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0)
  const before = size()
  const runs = 1_000
  for (let index = 0; index < runs; index++) {
    const { run } = await control.runs.enqueue(request(index), { now: Date.now() })
    const recorder = recorderOf(control, run)
    for (let step = 0; step < STEPS; step++) await recorder.step(`stage/step ${step}`, async () => 12_345)
    await recorder.close()
    await control.runs.cancel(run.id, Date.now())
  }
  return {
    name: 'orchestrator local: growth of the control database, per step',
    value: (size() - before) / 1024 / (runs * STEPS),
    unit: 'KB',
    target: { most: 1 },
  }
}

/** The peer: DBOS alone, with a workflow of as many steps. */
async function measureBare(url: string): Promise<Measurement[]> {
  const { DBOS } = await import('@dbos-inc/dbos-sdk')
  const silent = () => {}
  const workflow = DBOS.registerWorkflow(
    async () => {
      await DBOS.runStep(async () => {}, { name: 'nothing' })
    },
    { name: 'bare' },
  )
  DBOS.setConfig({
    name: 'bare',
    systemDatabaseUrl: url,
    logger: { info: silent, debug: silent, warn: silent, error: silent },
  })
  await DBOS.launch()
  await DBOS.registerQueue('bare', { workerConcurrency: 16, minPollingIntervalMs: 100 })
  const together = async (count: number) => {
    const since = performance.now()
    const handles = await Promise.all(
      Array.from({ length: count }, () => DBOS.startWorkflow(workflow, { queueName: 'bare' })()),
    )
    await Promise.all(handles.map((handle) => handle.getResult()))
    return count / ((performance.now() - since) / 1000)
  }
  await together(50)
  const rate = await together(TOGETHER)
  await DBOS.shutdown()
  return [
    {
      name: `DBOS alone: workflows of one step, ${TOGETHER} requested together`,
      value: rate,
      unit: 'runs/s',
    },
  ]
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

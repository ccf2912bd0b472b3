import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { openPostgresControl } from '../../src/control/postgres-control.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createDbosOrchestrator } from '../../src/orchestrator/dbos.ts'
import type { Orchestrator } from '../../src/orchestrator/orchestrator.ts'
import { eventually } from '../eventually.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'

const CHILD = fileURLToPath(new URL('./dbos-child.ts', import.meta.url))

let postgres: TestPostgres
let url = ''
let control: Control
/** Queues and waits; executes nothing. */
let watcher: Orchestrator
const children = new Set<ChildProcess>()

beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

beforeEach(async () => {
  url = await postgres.createDatabase()
  await query('create table effect (id serial, kind text, run text, pid int)')
  control = await openPostgresControl(url)
  watcher = createDbosOrchestrator({
    control,
    clock: systemClock,
    logger: silentLogger,
    maxRuntimeMs: 600_000,
    url,
    pollMs: 50,
  })
})
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await watcher.stop({ graceMs: 0 })
  await control.close()
})

async function query(sql: string): Promise<{ kind: string; run: string; pid: number }[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows as { kind: string; run: string; pid: number }[]
  } finally {
    await client.end()
  }
}

async function startChild(
  mode: 'work' | 'hang' | 'die' | 'slow' | 'divide',
  concurrency = 4,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, url, mode, String(concurrency)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  await once(child.stdout, 'data')
  return child
}

async function enqueue(count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const { run } = await watcher.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' })
    ids.push(run.id)
  }
  return ids
}

const effects = () => query("select kind, run, pid from effect where kind = 'effect' order by id")
const starts = () => query("select kind, run, pid from effect where kind = 'started' order by id")
const started = (count: number) => eventually(`${count} starts`, async () => (await starts()).length >= count)

async function expectAllSucceeded(ids: readonly string[]): Promise<void> {
  for (const id of ids) expect(await watcher.wait(id)).toMatchObject({ status: 'succeeded' })
}

describe('runs that DBOS drives', () => {
  it('are shared by processes, each executed once', async () => {
    const workers = [await startChild('work'), await startChild('work')]
    const ids: string[] = []
    await eventually('runs in each process', async () => {
      const more = await enqueue(60)
      ids.push(...more)
      await expectAllSucceeded(more)
      return new Set((await effects()).map(({ pid }) => pid)).size === workers.length
    })
    expect((await effects()).map(({ run }) => run).toSorted()).toEqual(ids.toSorted())
  }, 120_000)

  it('are taken over when their process is killed, also those that it had not begun', async () => {
    const doomed = await startChild('hang', 3)
    const ids = await enqueue(6)
    await started(3)
    doomed.kill('SIGKILL')
    await startChild('work')
    await expectAllSucceeded(ids)
    expect((await effects()).map(({ run }) => run).toSorted()).toEqual(ids.toSorted())
  }, 120_000)

  it('that kill their process are given up after three attempts', async () => {
    const [id] = await enqueue(1)
    for (let attempt = 1; attempt <= 3; attempt++) {
      const child = await startChild('die')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(await starts()).toHaveLength(attempt)
    }
    await startChild('work')
    expect(await watcher.wait(id!)).toMatchObject({ status: 'failed', attempt: 3 })
    expect(await effects()).toEqual([])
  }, 120_000)

  it('are left in the queue by a process that is asked to stop, and go on elsewhere', async () => {
    const child = await startChild('hang')
    const ids = await enqueue(2)
    await started(2)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    for (const id of ids) expect((await control.runs.get(id))?.status).toBe('queued')
    await startChild('work')
    await expectAllSucceeded(ids)
  }, 120_000)

  it('are not written by a process that stood still while they were taken over', async () => {
    const zombie = await startChild('slow')
    const ids = await enqueue(3)
    await started(3)
    zombie.kill('SIGSTOP')
    await startChild('work')
    await expectAllSucceeded(ids)
    zombie.kill('SIGCONT')
    const more = await enqueue(1)
    await expectAllSucceeded(more)
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    const done = await effects()
    expect(done.map(({ run }) => run).toSorted()).toEqual([...ids, ...more].toSorted())
    expect(done.filter(({ run }) => ids.includes(run)).map(({ pid }) => pid)).not.toContain(zombie.pid)
  }, 120_000)

  it('whose parts were being done when all processes were killed go on with what is left of them', async () => {
    const doomed = [await startChild('divide', 2), await startChild('divide', 1)]
    const [id] = await enqueue(1)
    await eventually('two parts are done', async () => (await effects()).length >= 2)
    for (const child of doomed) child.kill('SIGKILL')
    const done = (await control.runs.list({ parent: id!, status: 'succeeded', limit: 50 })).map(
      (run) => run.id,
    )
    await startChild('divide', 2)
    await expectAllSucceeded([id!])
    const parts = await control.runs.list({ parent: id!, limit: 50 })
    expect(parts.map(({ shard, status }) => `${shard} ${status}`).toSorted()).toEqual(
      Array.from({ length: 6 }, (_, index) => `part ${index} succeeded`),
    )
    const begun = (await starts()).map(({ run }) => run)
    for (const part of done) expect(begun.filter((run) => run === part)).toHaveLength(1)
    expect((await effects()).filter(({ run }) => run === id)).toHaveLength(1)
    expect((await control.runs.get(id!))?.attempt).toBe(2)
  }, 120_000)

  it('leave no record with DBOS once they have ended for long enough', async () => {
    const tidy = createDbosOrchestrator({
      control,
      clock: systemClock,
      logger: silentLogger,
      maxRuntimeMs: 600_000,
      url,
      sweepMs: 50,
      ticketsKeptMs: 1_000,
    })
    const records = () => query('select workflow_uuid as run from dbos.workflow_status')
    tidy.register(new Map([['ingest', async () => {}]]))
    try {
      await tidy.start({ concurrency: 2 })
      const ids = await enqueue(5)
      await expectAllSucceeded(ids)
      const made = (await records()).map(({ run }) => run.slice(0, run.lastIndexOf('.')))
      expect(made.length).toBeGreaterThan(0)
      expect(ids).toEqual(expect.arrayContaining(made))
      await eventually('the records are deleted', async () => (await records()).length === 0)
    } finally {
      await tidy.stop({ graceMs: 0 })
    }
  }, 120_000)

  it('are found at once by who has room, however seldom it looks for them', async () => {
    const elsewhere = await openPostgresControl(url)
    const worker = createDbosOrchestrator({
      control: elsewhere,
      clock: systemClock,
      logger: silentLogger,
      maxRuntimeMs: 600_000,
      url,
      pollMs: 3_600_000,
      sweepMs: 3_600_000,
    })
    worker.register(new Map([['ingest', async () => {}]]))
    try {
      await worker.start({ concurrency: 2 })
      await eventually('it listens', async () => {
        const [listener] = await query(
          "select 'listening' as kind from pg_stat_activity where application_name = 'anomstack news' and query like 'LISTEN%'",
        )
        return listener !== undefined
      })
      await expectAllSucceeded(await enqueue(5))
    } finally {
      await worker.stop({ graceMs: 0 })
      await elsewhere.close()
    }
  }, 120_000)

  it('are executed one after the other by few workflows, whatever their number is', async () => {
    const worker = createDbosOrchestrator({
      control,
      clock: systemClock,
      logger: silentLogger,
      maxRuntimeMs: 600_000,
      url,
      queuePollMs: 30,
    })
    let now = 0
    let most = 0
    worker.register(
      new Map([
        [
          'ingest',
          async () => {
            most = Math.max(most, ++now)
            await new Promise(setImmediate)
            now--
          },
        ],
      ]),
    )
    try {
      const ids = await enqueue(100)
      await worker.start({ concurrency: 3 })
      await expectAllSucceeded(ids)
      expect(most).toBeLessThanOrEqual(3)
      expect((await query('select workflow_uuid as run from dbos.workflow_status')).length).toBeLessThan(20)
    } finally {
      await worker.stop({ graceMs: 0 })
    }
  }, 120_000)

  it('go on by themselves after PostgreSQL was away for longer than anybody may write without a sign of life', async () => {
    await Promise.all([startChild('work'), startChild('work')])
    const before = await enqueue(20)
    await postgres.crash()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    await postgres.start()
    await eventually('the database answers', () =>
      control.runs.list({ limit: 1 }).then(
        () => true,
        () => false,
      ),
    )
    const ids = [...before, ...(await enqueue(20))]
    await expectAllSucceeded(ids)
    expect(new Set((await effects()).map(({ run }) => run))).toEqual(new Set(ids))
  }, 120_000)
})

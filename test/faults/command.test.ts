import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Libsql from 'libsql'
import { beforeAll, describe, expect, it } from 'vitest'
import { batchYaml, calm, START, valuesSql } from '../jobs/series.ts'
import { createProject, writeFiles } from '../project.ts'

const command = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const METRICS = 'tmpdata/anomstack-sqlite.db'
const CONTROL = '.anomstack/control.db'
const COUNT = 60
const AT = new Date(START + 61 * 60_000).toISOString()

const quiet =
  'disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 150}}\n'
const spiked = calm(COUNT).map((value, index) => (index === COUNT - 1 ? value + 90 : value))

beforeAll(() => {
  if (!existsSync(command)) throw new Error('there is no build; npm test and npm run build make one')
})

interface Ended {
  readonly code: number | null
  readonly output: string
}

function start(dir: string, limit = ''): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `${limit} exec "$0" "$@"`,
      process.execPath,
      command,
      'run',
      'pipeline',
      '--project',
      dir,
      '--at',
      AT,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, ANOMSTACK_THREADS: '1' } },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output += text.toString()
    })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }))
  return { child, ended }
}

/** What a query of a SQLite file of the project returns; nothing while there is no such file or table. */
function read(dir: string, file: string, sql: string): readonly Record<string, unknown>[] {
  const name = path.join(dir, file)
  if (!existsSync(name)) return []
  const database = new Libsql(name, { timeout: 10_000 })
  try {
    return database.prepare(sql).all() as Record<string, unknown>[]
  } catch (error) {
    if (String(error).includes('no such table')) return []
    throw error
  } finally {
    database.close()
  }
}

const rows = (dir: string, type: string) =>
  read(
    dir,
    METRICS,
    `select metric_timestamp as at, count(*) as rows from metrics where metric_type = '${type}' group by 1`,
  )
const alerts = (dir: string) =>
  read(dir, CONTROL, 'select batch, metric, kind, timestamp from alert order by kind')
const unfinished = (dir: string) =>
  read(dir, CONTROL, "select id from run where status in ('queued', 'running')")

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 40_000; !holds(); await delay(20))
    if (Date.now() > deadline) throw new Error(`${what} did not happen`)
}

function expectOneSpike(dir: string): void {
  expect(alerts(dir).map(({ kind }) => kind)).toContain('threshold')
  expect(new Set(alerts(dir).map((alert) => JSON.stringify(alert))).size).toBe(alerts(dir).length)
  expect(rows(dir, 'metric')).toHaveLength(COUNT)
  for (const type of ['metric', 'score', 'alert', 'tholdalert', 'change'])
    for (const row of rows(dir, type)) expect(row.rows).toBe(1)
  expect(rows(dir, 'tholdalert')).toHaveLength(1)
  expect(unfinished(dir)).toEqual([])
}

describe('Ctrl+C in the middle of a run', () => {
  const endless =
    'with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as metric_value, 1 as metric_timestamp, 2 as metric_name from n'

  it.each([
    ['a query that never ends', { 'a.yaml': batchYaml('a', quiet), 'a.sql': endless }],
    [
      'a function that never ends',
      {
        'a.yaml': `metric_batch: a\ndb: sqlite\nalert_methods: console\n${quiet}ingest_fn: |\n  export const ingest = () => { for (;;) ; }\n`,
      },
    ],
  ])('%s: the command ends with 1, and the next run completes', async (_, files) => {
    const dir = await createProject(files)
    const { child, ended } = start(dir)
    await until(
      'the reading step',
      () =>
        read(dir, CONTROL, "select name from step where name = 'ingest/read' and status = 'running'").length >
        0,
    )
    child.kill('SIGINT')
    const { code, output } = await ended
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/canceled/) })
    expect(unfinished(dir)).toEqual([])
    expect(read(dir, CONTROL, "select name from step where status = 'running'")).toEqual([])

    await writeFiles(dir, { 'a.yaml': batchYaml('a', quiet), 'a.sql': valuesSql(spiked) })
    expect((await start(dir).ended).code).toBe(0)
    expectOneSpike(dir)
  })
})

describe('two processes at once', () => {
  it('that run the same pipeline both end well: tables once, alerts once', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a', quiet), 'a.sql': valuesSql(spiked) })
    const both = await Promise.all([start(dir).ended, start(dir).ended])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expectOneSpike(dir)
    const sent = both.map(({ output }) => output.split('threshold upper bound breached').length - 1)
    expect(sent.reduce((sum, count) => sum + count)).toBe(1)
  })
})

describe.runIf(process.platform === 'linux')('a disk that is full', () => {
  it('ends the command with 1, says so, keeps nothing by halves, and the next run completes', async () => {
    const many = `with recursive n(i) as (select 0 union all select i + 1 from n where i < 59999) select ${START} - i * 60000 as metric_timestamp, 'm' as metric_name, 100 + i % 7 as metric_value from n`
    const dir = await createProject({ 'a.yaml': batchYaml('a', quiet), 'a.sql': many })
    // No file may grow beyond 2,000 blocks: 1 or 2 MB, as the shell counts. The rows take more; the control database takes less.
    const { code, output } = await start(dir, 'ulimit -f 2000;').ended
    expect(code).toBe(1)
    expect(output).toMatch(/batch "a".*disk/)
    expect(rows(dir, 'metric')).toHaveLength(0)
    expect(unfinished(dir)).toEqual([])

    await writeFiles(dir, { 'a.sql': valuesSql(spiked) })
    expect((await start(dir).ended).code).toBe(0)
    expectOneSpike(dir)
  })

  it('for the control database too: the command ends with 1 and says so, and the next run completes', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a', quiet), 'a.sql': valuesSql(spiked) })
    expect((await start(dir).ended).code).toBe(0)
    // The file has about 120 KB by now, and a log beside it that may not grow as far.
    for (const blocks of [150, 250]) {
      const { code, output } = await start(dir, `ulimit -f ${blocks};`).ended
      expect({ code, output }).toMatchObject({ code: 1, output: expect.stringMatching(/disk|recorded/) })
    }
    expect((await start(dir).ended).code).toBe(0)
    // What could not be ended waits in the queue for a server; nothing holds the batch.
    expect(read(dir, CONTROL, "select id from run where status = 'running'")).toEqual([])
    expect(alerts(dir).filter(({ kind }) => kind === 'threshold')).toHaveLength(1)
    expect(rows(dir, 'tholdalert')).toMatchObject([{ rows: 1 }])
  })
})

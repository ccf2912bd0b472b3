import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Libsql from 'libsql'
import { describe, expect, it } from 'vitest'
import { openSqliteControl } from '../../src/control/sqlite-control.ts'
import { sqliteFailure } from '../../src/control/sqlite-failure.ts'
import { temporaryControls } from './temporary-control.ts'

const controls = temporaryControls()

/** What libsql itself throws. */
function thrownBy(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe('opening', () => {
  it('makes the file and its folders, and finds everything again', async () => {
    const file = join(dirname(controls.file()), 'a', "b's", 'control.db')
    const first = await controls.open(file)
    const { run } = await first.runs.enqueue({ job: 'ingest', trigger: 'manual' }, { now: 1 })
    await first.close()
    await first.close()
    expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
    expect(await (await controls.open(file)).runs.get(run.id)).toEqual(run)
    await expect(first.runs.get(run.id)).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      message: expect.stringContaining('closed'),
    })
  })

  it('syncs each commit to disk and lets readers and a writer work side by side', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const other = new Libsql(file)
    expect(other.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }])
    other.exec('BEGIN IMMEDIATE')
    expect(await control.runs.list({ limit: 1 })).toEqual([])
    other.exec('COMMIT')
    other.close()
  })

  it('refuses a file that a newer version made, and leaves it alone', async () => {
    const file = controls.file()
    await (await controls.open(file)).close()
    const raw = new Libsql(file)
    raw.exec("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    raw.close()
    await expect(openSqliteControl(file)).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      retryable: false,
      message: expect.stringMatching(
        /control\.db: .*newer version of anomstack made it \(schema 99; this version knows \d+\)/,
      ),
    })
  })

  it('leaves nothing of a migration that fails', async () => {
    const file = controls.file()
    const raw = new Libsql(file)
    raw.exec('CREATE TABLE delivery (something_else TEXT)')
    await expect(openSqliteControl(file)).rejects.toMatchObject({ code: 'CONTROL_FAILED' })
    expect(raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([
      { name: 'delivery' },
    ])
    raw.exec('DROP TABLE delivery')
    raw.close()
    expect(await (await controls.open(file)).runs.list({ limit: 1 })).toEqual([])
  })

  it('names a file that is no database, or a folder, and what to do', async () => {
    const file = controls.file()
    const text = 'this is a text, not a database. '.repeat(200)
    writeFileSync(file, text)
    await expect(openSqliteControl(file)).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      retryable: false,
      message: expect.stringMatching(
        /control\.db: control database: the file is not a SQLite database: restore a backup/,
      ),
    })
    expect(readFileSync(file, 'utf8')).toBe(text)
    await expect(openSqliteControl(dirname(file))).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      message: expect.stringContaining('the file cannot be opened'),
    })
    writeFileSync(join(dirname(file), 'taken'), '')
    await expect(openSqliteControl(join(dirname(file), 'taken', 'x.db'))).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
    })
  })

  it('reports a damaged file', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    for (let index = 0; index < 300; index++)
      await control.runs.enqueue({ job: 'ingest', batch: 'x'.repeat(200), trigger: 'manual' }, { now: index })
    await control.close()
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 4_096)
    writeFileSync(file, bytes)
    const broken = (async () => (await controls.open(file)).runs.list({ limit: 1_000 }))()
    await expect(broken).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      message: expect.stringContaining('the file is damaged'),
    })
  })

  it('works with an empty file', async () => {
    const file = controls.file()
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '')
    expect(await (await controls.open(file)).runs.list({ limit: 1 })).toEqual([])
    expect(existsSync(file)).toBe(true)
  })
})

describe('failures', () => {
  it('name the file and the remedy when the disk is full', () => {
    const raw = new Libsql(controls.file())
    raw.exec('CREATE TABLE x (y TEXT); PRAGMA max_page_count = 3')
    const failure = sqliteFailure(
      thrownBy(() => {
        for (;;) raw.prepare('INSERT INTO x VALUES (?)').run(['x'.repeat(3_000)])
      }),
      '/data/control.db',
    )
    expect(failure).toMatchObject({ code: 'CONTROL_FAILED', retryable: true })
    expect(failure.message).toMatch(/^\/data\/control\.db: control database: the disk is full/)
    raw.close()
  })

  it('name the file and the remedy when it is read-only', () => {
    const raw = new Libsql(controls.file())
    raw.exec('CREATE TABLE x (y TEXT); PRAGMA query_only = 1')
    const failure = sqliteFailure(
      thrownBy(() => raw.exec('INSERT INTO x VALUES (1)')),
      '/data/control.db',
    )
    expect(failure.message).toContain('the file is read-only: make it and its folder writable')
    raw.close()
  })

  it('name the file and the remedy when it stays locked', () => {
    const file = controls.file()
    const [holder, other] = [new Libsql(file), new Libsql(file)]
    holder.exec('CREATE TABLE x (y TEXT); BEGIN IMMEDIATE')
    const failure = sqliteFailure(
      thrownBy(() => other.exec('INSERT INTO x VALUES (1)')),
      file,
    )
    expect(failure.message).toContain('another process has kept the file locked for too long')
    holder.close()
    other.close()
  })

  it('leave the connection usable, and nothing half written', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const raw = new Libsql(file)
    raw.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON delivery WHEN NEW.channel = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'refused'); END",
    )
    raw.close()
    const finding = {
      batch: 'b',
      metric: 'm',
      kind: 'anomaly',
      timestamp: 1,
      value: 1,
      reason: 'r',
      details: {},
    } as const
    await expect(
      control.alerts.raise([finding], { now: 1, channels: ['good', 'bad'] }),
    ).rejects.toMatchObject({
      code: 'CONTROL_FAILED',
      message: expect.stringContaining('refused'),
    })
    expect(await control.alerts.list({ limit: 10 })).toEqual([])
    expect(await control.alerts.raise([finding], { now: 1, channels: ['good'] })).toHaveLength(1)
  })
})

it('grows by less than 1 KB a step', async () => {
  const file = controls.file()
  const control = await controls.open(file)
  const { run } = await control.runs.enqueue({ job: 'train', batch: 'sales', trigger: 'manual' }, { now: 1 })
  await control.close()
  const before = statSync(file).size
  const writer = await controls.open(file)
  const result = { metrics: 100, rows: 250_000, skipped: 2, learning: 5 }
  for (let index = 0; index < 500; index++) {
    const step = { runId: run.id, index, name: 'train/fit models', attempt: 1, startedAt: 1_700_000_000_000 }
    await writer.runs.saveStep({ ...step, status: 'running' })
    await writer.runs.saveStep({ ...step, status: 'succeeded', endedAt: 1_700_000_000_500, result })
    await writer.runs.saveLogs([
      { runId: run.id, at: 1_700_000_000_000, level: 'info', message: 'models fitted', fields: result },
    ])
  }
  await writer.close()
  expect((statSync(file).size - before) / 500).toBeLessThan(1_000)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { createProject } from '../project.ts'

const command = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

const MINUTE = 60_000
const SPEED = 120
const HISTORY = 400

/** A stretch without records, in which nothing but the spike is anomalous: days after it are compared with the 400 before. */
const CALM_FROM = 540

/** Seattle's daily maxima, read as one value a minute: a real series with a real noise. */
const weather = new URL('../../node_modules/vega-datasets/data/seattle-weather.csv', import.meta.url)
const series = readFileSync(weather, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => Number(line.split(',')[2]))
  .slice(CALM_FROM)

/** A shop whose readings go into a table as the sped-up time passes, and a project that watches them. */
export interface WatchedShop {
  readonly dir: string
  /** Timestamp of the planted spike, epoch ms; undefined until it has happened. */
  spikeAt(): number | undefined
  /** Makes the next reading a spike. */
  plantSpike(): void
  /** Starts the built command; it listens on a port of its own choosing. */
  start(): ChildProcess
  /** Rows of one type in the metrics table. */
  rows(type: string): readonly { readonly timestamp: number }[]
  close(): Promise<void>
}

export async function openShop(channels: {
  readonly smtpPort: number
  readonly webhookUrl: string
  readonly webhookSecret: string
}): Promise<WatchedShop> {
  if (!existsSync(command)) throw new Error('there is no build; npm test and npm run build make one')
  const dir = await createProject({
    'anomstack.yaml': `channels:\n  email: {host: 127.0.0.1, port: ${channels.smtpPort}, from: watch@example.test, to: ops@example.test, tls: none}\n  webhook: {url: '${channels.webhookUrl}', secret: ${channels.webhookSecret}}\n`,
    'metrics/shop.yaml': [
      'metric_batch: shop',
      'db: sqlite',
      'schedule: "* * * * *"',
      'alert_methods: email,webhook',
      'disable_change: true',
      'ingest_sql: >',
      "  select at as metric_timestamp, 'temperature' as metric_name, value as metric_value from readings",
      '  where at >= (select max(at) from readings) - 86400000',
    ].join('\n'),
  })
  const start = Date.now()
  const now = () => start + (Date.now() - start) * SPEED
  const database = new Database(path.join(dir, 'shop.db'))
  database.exec(
    'pragma journal_mode = wal; pragma busy_timeout = 10000; create table readings (at integer primary key, value real)',
  )
  const insert = database.prepare('insert into readings values (?, ?)')
  let count = 0
  let spike: 'none' | 'wanted' | number = 'none'
  const first = Math.floor(start / MINUTE) * MINUTE - HISTORY * MINUTE
  const add = () => {
    const at = first + count * MINUTE
    const value = series[count % series.length]!
    insert.run(at, spike === 'wanted' ? value + 400 : value)
    if (spike === 'wanted') spike = at
    count++
  }
  while (count < HISTORY) add()
  const stop = new AbortController()
  const filling = (async () => {
    while (!stop.signal.aborted) {
      while (first + count * MINUTE <= now()) add()
      await delay(50)
    }
  })()
  const children = new Set<ChildProcess>()

  return {
    dir,
    spikeAt: () => (typeof spike === 'number' ? spike : undefined),
    plantSpike: () => {
      if (spike === 'none') spike = 'wanted'
    },
    start() {
      const child = spawn(process.execPath, [command, 'start', '--project', dir, '--port', '0'], {
        stdio: 'ignore',
        env: {
          PATH: process.env.PATH,
          ANOMSTACK_SQLITE_PATH: path.join(dir, 'shop.db'),
          ANOMSTACK_CLOCK_SPEED: String(SPEED),
          ANOMSTACK_CLOCK_START: String(start),
          ANOMSTACK_THREADS: '1',
        },
      })
      children.add(child)
      child.once('exit', () => children.delete(child))
      return child
    },
    rows(type) {
      const found = database.prepare("select name from sqlite_master where name = 'metrics'").all()
      if (found.length === 0) return []
      const rows = database
        .prepare('select metric_timestamp as at from metrics where metric_type = ? order by 1')
        .all(type) as { at: string }[]
      return rows.map(({ at }) => ({ timestamp: Date.parse(`${at.replace(' ', 'T')}Z`) }))
    },
    async close() {
      stop.abort()
      for (const child of children) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      await filling
      database.close()
    },
  }
}

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/cli/run-report.ts'
import { anomstack, folderWith, type StartedServer, startServer } from './command.ts'

/** DuckDB, whose file one process can open; the schedule comes once a year. */
const BATCH = `metric_batch: shop
db: duckdb
schedule: "0 0 1 1 *"
alert_methods: console
ingest_sql: |
  select timestamp '2025-01-01' + to_hours(i) as metric_timestamp, 'orders' as metric_name, (i * 7) % 11 as metric_value
  from range(0, 60) t(i)
`

const serverFile = (dir: string) => path.join(dir, '.anomstack', 'server.json')

describe('start', () => {
  let dir: string
  let server: StartedServer

  beforeAll(async () => {
    dir = await folderWith({
      'metrics/shop.yaml': BATCH,
      'anomstack.yaml': 'server: {config_watcher: false}\n',
    })
    // Left by a server that was killed: nobody has this process number any more.
    await mkdir(path.dirname(serverFile(dir)))
    await writeFile(serverFile(dir), JSON.stringify({ url: 'http://127.0.0.1:9', pid: 2 ** 30 }))
    server = await startServer(dir)
  })

  afterAll(() => server.stop('SIGKILL'))

  it('serves its project', async () => {
    expect((await fetch(new URL('/healthz', server.url))).status).toBe(200)
    expect(JSON.parse(await readFile(serverFile(dir), 'utf8'))).toMatchObject({ url: server.url })
  })

  it('has runs and backfills of the command line done for them, since it holds the database', async () => {
    const ingest = await anomstack(['run', 'ingest', '--json', '--project', dir])
    expect(ingest.stderr).toBe(`through the server that is running, ${server.url}\n`)
    expect(ingest.code).toBe(0)
    const [report] = JSON.parse(ingest.stdout) as RunReport[]
    expect(report?.run).toMatchObject({ job: 'ingest', batch: 'shop', status: 'succeeded', trigger: 'api' })
    expect(report?.steps.find(({ name }) => name === 'write')?.result).toEqual({ rows: 60 })

    const retention = await anomstack(['run', 'retention', '--project', dir])
    expect(retention.code).toBe(0)
    expect(retention.stdout).toMatch(/^✓ retention succeeded in /)

    const backfill = await anomstack(['backfill', '--project', dir])
    expect(backfill.code).toBe(0)
    expect(backfill.stdout).toMatch(/^✓ shop backfill succeeded in /)
    expect(backfill.stdout).toMatch(/replay +\d+ ms +\d+ points, 0 alerts/)
  })

  it('says what to do when a batch is newer than the server', async () => {
    const file = path.join(dir, 'metrics/new.yaml')
    await writeFile(file, BATCH.replace('metric_batch: shop', 'metric_batch: new'))
    const { code, stderr } = await anomstack(['run', 'ingest', '--batch', 'new', '--project', dir])
    expect(code).toBe(1)
    expect(stderr).toContain('the server knows the project as it was when it started: restart it')
  })

  it('refuses to start twice for one project, and to take a port that is taken', async () => {
    const other = await folderWith({ 'metrics/shop.yaml': BATCH })
    const port = new URL(server.url).port
    const [twice, taken] = await Promise.all([
      anomstack(['start', '--port', '0', '--project', dir]),
      anomstack(['start', '--port', port, '--project', other]),
    ])
    expect([twice.code, twice.stdout]).toEqual([1, ''])
    expect(twice.stderr).toContain(
      `a server of this project runs already: open ${server.url}, or stop process `,
    )
    expect([taken.code, taken.stdout]).toEqual([2, ''])
    expect(taken.stderr).toContain(
      `port ${port} is in use: stop the program that listens there, or choose another with --port`,
    )
    await expect(stat(serverFile(other))).rejects.toThrow('ENOENT')
  })

  it('ends in good order on SIGTERM: exit 0, and all that it held is free', async () => {
    const outcome = await server.stop('SIGTERM')
    expect(outcome.code).toBe(0)
    await expect(stat(serverFile(dir))).rejects.toThrow('ENOENT')
    await expect(fetch(new URL('/healthz', server.url))).rejects.toThrow('fetch failed')
    // The database opens in another process.
    const { code, stdout, stderr } = await anomstack(['run', 'ingest', '--batch', 'shop', '--project', dir])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^✓ shop ingest succeeded/)
  })
})

describe('start on a project without a batch', () => {
  it('serves, and says what is missing; Ctrl+C ends it', async () => {
    const server = await startServer(await folderWith())
    const { code, stdout } = await server.stop('SIGINT')
    expect(code).toBe(0)
    expect(stdout).toContain('Anomstack watches nothing: there is no batch in ')
  })
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prometheus } from '../../src/databases/prometheus.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'
import { createProject, openApp } from '../project.ts'

let dir: string
let server: ChildProcess
let url: string

beforeAll(async () => {
  const program = process.env.ANOMSTACK_TEST_PROMETHEUS
  if (program === undefined) throw new Error('run this test with: npm run test:emulators -- prometheus')
  dir = await mkdtemp(path.join(tmpdir(), 'anomstack-prometheus-'))
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  await writeFile(
    path.join(dir, 'prometheus.yml'),
    `global: {scrape_interval: 1s}\nscrape_configs:\n  - {job_name: itself, static_configs: [{targets: ['127.0.0.1:${port}']}]}\n  - {job_name: nobody, static_configs: [{targets: ['127.0.0.1:9']}]}\n`,
  )
  server = spawn(
    program,
    [
      `--config.file=${path.join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: dir, stdio: 'ignore' },
  )
  process.once('exit', () => server.kill('SIGKILL'))
  const database = open()
  await eventually('both targets were scraped', async () => {
    const rows = await database.query('# step: 1s\n# range: 5s\nup').catch(() => [])
    return new Set(rows.map(({ job }) => job)).size === 2
  })
  await database.close()
})
afterAll(async () => {
  server.kill('SIGKILL')
  await once(server, 'exit')
  await rm(dir, { recursive: true, force: true, maxRetries: 5 })
})

function open() {
  return prometheus.create(prometheus.options.parse({ url, range: '1m', step: '1s' }), { projectDir: dir })
}

describe('a real Prometheus', () => {
  it('answers PromQL with labels as columns, and names what was named', async () => {
    const database = open()
    const rows = await database.query('targets = count(up) by (job); 1 - avg(up)')
    expect(new Set(rows.map(({ metric_name: name }) => name))).toEqual(new Set(['targets', '1 - avg(up)']))
    expect(new Set(rows.map(({ job }) => job))).toEqual(new Set(['itself', 'nobody', undefined]))
    const newest = (name: string) => rows.findLast(({ metric_name: found }) => found === name)?.metric_value
    expect([newest('targets'), newest('1 - avg(up)')]).toEqual([1, 0.5])
    await database.close()
  })

  it('says what is wrong with a query, and survives it', async () => {
    const database = open()
    await expect(database.query('sum(')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringMatching(/^Prometheus: .*parse error.*\(in sum\(\)$/),
    })
    expect(await database.query('no_such_metric')).toEqual([])
    await database.close()
  })

  it('is a source of a batch, whose points come again without doubles', async () => {
    const project = await createProject({
      'anomstack.yaml': `connections: {prometheus: {url: "${url}", range: 1m, step: 1s}}\ndefaults: {db: sqlite}\n`,
      'metrics/up.yaml':
        'metric_batch: up\ndb: prometheus\ndimensions: [job]\nalert_methods: console\ningest_sql: "# end: 2100-01-01T00:00:00Z\\nup"\n',
      'metrics/now.yaml':
        'metric_batch: now\ndata_source: prometheus\ndimensions: [job]\nalert_methods: console\ningest_sql: up\n',
    })
    const { app, run, points } = await openApp(project)
    expect(app.project.faults).toEqual([])
    expect((await run('ingest', 'up', Date.now())).status).toBe('succeeded')
    expect((await points('up', 'up{job=itself}', 'metric')).values.length).toBe(0)
    await run('ingest', 'now', Date.now())
    const first = await points('now', 'up{job=itself}', 'metric')
    await run('ingest', 'now', Date.now())
    const second = await points('now', 'up{job=itself}', 'metric')
    expect(first.values.length).toBeGreaterThan(0)
    expect(second.timestamps.slice(0, first.timestamps.length)).toEqual(first.timestamps)
    expect(new Set(second.timestamps).size).toBe(second.timestamps.length)
    expect(new Set((await points('now', 'up{job=nobody}', 'metric')).values)).toEqual(new Set([0]))
  })
})

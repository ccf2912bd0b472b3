import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { duckdb } from '../../src/databases/duckdb.ts'
import { files } from '../../src/databases/files.ts'

const CSV = 'day,price\n2024-01-01,10.5\n2024-01-02,\n'
let dir: string
const stops: (() => unknown)[] = []
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "anomstack-it's-"))
})
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await rm(dir, { recursive: true, force: true })
})

function open(options: Record<string, unknown>) {
  const database = files.create(files.options.parse(options), { projectDir: dir })
  stops.push(() => database.close())
  return database
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('files as tables', () => {
  it('on disk: CSV, packed CSV, JSON and Parquet, beside the project', async () => {
    await writeFile(path.join(dir, 'a.csv'), CSV)
    await writeFile(path.join(dir, 'b.csv.gz'), gzipSync(CSV))
    await writeFile(
      path.join(dir, 'c.jsonl'),
      '{"day":"2024-01-01","price":1}\n{"day":"2024-01-02","price":2}\n',
    )
    const maker = duckdb.create(duckdb.options.parse({ path: ':memory:' }), { projectDir: dir })
    const parquet = path.join(dir, 'd.parquet').replaceAll("'", "''")
    await maker.query(`COPY (SELECT DATE '2024-01-01' AS day, 4 AS price) TO '${parquet}'`)
    await maker.close()
    const database = open({ tables: { a: 'a.csv', 'odd "b"': 'b.csv.gz', c: 'c.jsonl', d: './d.parquet' } })
    expect(await database.query('select price from a order by day')).toEqual([
      { price: 10.5 },
      { price: null },
    ])
    expect(
      await database.query(
        'select count(*) as n from "odd ""b""" union all select sum(price) from c union all select price from d',
      ),
    ).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }])
    const listed = (await database.tables!()).map(({ name, columns }) => [
      name,
      columns.map(({ kind }) => kind),
    ])
    expect(listed).toEqual([
      ['a', ['date', 'number']],
      ['c', ['date', 'number']],
      ['d', ['date', 'number']],
      ['"odd ""b"""', ['date', 'number']],
    ])
  })

  it('on the web: only those that the query names are fetched, with headers, and nothing stays', async () => {
    const asked: unknown[] = []
    const url = await serve((request, response) => {
      asked.push([request.url, request.headers.authorization])
      response.end(CSV)
    })
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('anomstack-files-'))
    const database = open({
      tables: { prices: `${url}/p.csv?key=s3cret`, other: `${url}/o.csv` },
      headers: { Authorization: 'Bearer t' },
    })
    const sql = "select day as metric_timestamp, 'price' as metric_name, price as metric_value from prices"
    expect(await database.query(sql)).toHaveLength(2)
    expect(asked).toEqual([['/p.csv?key=s3cret', 'Bearer t']])
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('anomstack-files-'))
    expect(after).toEqual(before)
  })

  it('says what is wrong, without the secrets of an address', async () => {
    const url = await serve((request, response) => {
      if (request.url?.startsWith('/large')) response.end(Buffer.alloc(2 * 1024 * 1024, 'a'))
      else response.writeHead(404).end()
    })
    const database = open({
      tables: {
        gone: `${url}/gone.csv?key=s3cret`,
        large: `${url}/large.csv`,
        unknown: 'data.bin',
        absent: 'absent.csv',
        nobody: 'http://127.0.0.1:9/x.csv',
      },
      max_megabytes: 1,
    })
    const fails = (table: string) => database.query(`select * from ${table}`)
    await expect(fails('gone')).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: false,
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ answers with status 404$/),
    })
    await expect(fails('large')).rejects.toMatchObject({
      message: expect.stringContaining('larger than max_megabytes (1)'),
    })
    await expect(fails('unknown')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(fails('absent')).rejects.toMatchObject({ message: expect.stringContaining('absent.csv') })
    await expect(fails('nobody')).rejects.toMatchObject({ code: 'CONNECTION_FAILED', retryable: true })
    await expect(database.query('select * from nowhere_at_all')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
    })
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }])
  })

  it('gives up with its caller, while a file is fetched', async () => {
    const url = await serve((_, response) => response.write('day,price\n'))
    const database = open({ tables: { slow: `${url}/slow.csv` } })
    await expect(database.query('select * from slow', { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
    })
    const controller = new AbortController()
    const running = database.query('select * from slow', { signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
  })

  it('never writes: files stay as they are, and there is no metrics table', async () => {
    const file = path.join(dir, 'a.csv')
    await writeFile(file, CSV)
    const database = open({ tables: { a: 'a.csv' } })
    await expect(database.query('insert into a values (1, 2)')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
    })
    expect(await readFile(file, 'utf8')).toBe(CSV)
    expect(() => database.metricsTable('metrics')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
    expect(existsSync(path.join(dir, 'metrics'))).toBe(false)
    await database.close()
    await expect(database.query('select 1')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
  })
})

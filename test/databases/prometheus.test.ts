import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { promqlQueries } from '../../src/databases/prometheus/promql-queries.ts'
import { prometheus } from '../../src/databases/prometheus.ts'

const DEFAULTS = { range: '1h', step: '1m' }
const MINUTE = 60_000
const END = Date.UTC(2024, 0, 1)

describe('queries of a text', () => {
  it('stand between semicolons, with names and settings before them', () => {
    const text = [
      '# of the shop',
      'errors = sum(rate(http_errors{path=~"/a;b"}[5m]));',
      '# range: 6h',
      '# step: 5m',
      'up == 1;',
      '# end: 2024-01-01T00:00:00Z',
      "cpu:load = avg(load) by ('x') # not a setting",
      ';  ;',
    ].join('\n')
    expect(promqlQueries(text, DEFAULTS)).toEqual([
      {
        name: 'errors',
        expression: 'sum(rate(http_errors{path=~"/a;b"}[5m]))',
        rangeMs: 60 * MINUTE,
        stepMs: MINUTE,
      },
      { expression: 'up == 1', rangeMs: 360 * MINUTE, stepMs: 5 * MINUTE },
      {
        name: 'cpu:load',
        expression: "avg(load) by ('x') # not a setting",
        rangeMs: 360 * MINUTE,
        stepMs: 5 * MINUTE,
        end: END,
      },
    ])
    expect(promqlQueries('', DEFAULTS)).toEqual([])
  })

  it.each(['up == 1', 'up =~ 1', 'a{b="c"}', '"open string', "'", '`a;b`'])('%s has no name', (text) => {
    expect(promqlQueries(text, DEFAULTS)).toMatchObject([{ expression: text }])
    expect(promqlQueries(text, DEFAULTS)[0]).not.toHaveProperty('name')
  })

  it.each(['# range: soon\nup', '# step: 0s\nup', '# end: never\nup'])('%j is refused', (text) => {
    expect(() => promqlQueries(text, DEFAULTS)).toThrow(expect.objectContaining({ code: 'QUERY_FAILED' }))
  })
})

describe('a Prometheus server', () => {
  const stops: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function serve(
    answer: (asked: URLSearchParams, request: IncomingMessage, response: ServerResponse) => void,
    more: Record<string, unknown> = {},
  ): Promise<Database> {
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => answer(new URLSearchParams(body), request, response))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const database = prometheus.create(prometheus.options.parse({ url, ...more }), { projectDir: '/' })
    stops.push(async () => {
      await database.close()
      server.closeAllConnections()
      server.close()
    })
    return database
  }
  const matrix = (result: unknown) =>
    JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })

  it('gives a row for each point, with a column for each label', async () => {
    const asked: Record<string, string>[] = []
    const database = await serve((form, _, response) => {
      asked.push(Object.fromEntries(form))
      response.end(
        matrix([
          {
            metric: { __name__: 'up', job: 'a' },
            values: [
              [1704067200, '1'],
              [1704067260.5, 'NaN'],
            ],
          },
          { metric: { __name__: 'up', host: "it's" }, values: [[1704067200, '+Inf']] },
        ]),
      )
    })
    const rows = await database.query('# range: 2m\n# end: 2024-01-01T00:00:30Z\nup')
    expect(asked).toEqual([{ query: 'up', start: '1704067080', end: '1704067200', step: '60' }])
    expect(rows).toEqual([
      { job: 'a', host: null, metric_timestamp: new Date(END), metric_name: 'up', metric_value: 1 },
      {
        job: 'a',
        host: null,
        metric_timestamp: new Date(END + 60_500),
        metric_name: 'up',
        metric_value: null,
      },
      { job: null, host: "it's", metric_timestamp: new Date(END), metric_name: 'up', metric_value: null },
    ])
  })

  it('is asked in parts where a range has more points than it answers with', async () => {
    const spans: [number, number][] = []
    const database = await serve((form, _, response) => {
      spans.push([Number(form.get('start')), Number(form.get('end'))])
      response.end(matrix([]))
    })
    await database.query('# range: 1d\n# step: 5s\n# end: 2024-01-01\nup')
    expect(spans).toHaveLength(2)
    expect(spans[1]![0] - spans[0]![1]).toBe(5)
    expect([spans[0]![0], spans[1]![1]]).toEqual([END / 1000 - 86_400, END / 1000])
  })

  it('is told who asks', async () => {
    const seen: unknown[] = []
    const answer = (_: URLSearchParams, { headers }: IncomingMessage, response: ServerResponse) => {
      seen.push([headers.authorization, headers['x-scope-orgid']])
      response.end(matrix([]))
    }
    await (await serve(answer, { user: 'u', password: 'p', headers: { 'X-Scope-OrgID': 'team' } })).query(
      'up',
    )
    await (await serve(answer, { token: 't' })).query('up')
    expect(seen).toEqual([
      [`Basic ${Buffer.from('u:p').toString('base64')}`, 'team'],
      ['Bearer t', undefined],
    ])
  })

  it.each([
    [
      400,
      JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
      'QUERY_FAILED',
      'parse error',
    ],
    [
      422,
      JSON.stringify({ status: 'error', error: 'too many samples' }),
      'QUERY_FAILED',
      'too many samples (in up)',
    ],
    [401, 'no', 'CONNECTION_FAILED', 'check user and password, or token'],
    [502, '<html>bad gateway', 'CONNECTION_FAILED', 'status 502'],
    [
      200,
      '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
      'QUERY_FAILED',
      'answers with a scalar',
    ],
    [200, 'hello', 'QUERY_FAILED', 'no Prometheus server'],
  ])('status %i with %s fails as %s', async (status, text, code, message) => {
    const database = await serve((_, __, response) => response.writeHead(status).end(text), {
      token: 's3cret',
    })
    const failing = database.query('up')
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    await expect(failing).rejects.not.toMatchObject({ message: expect.stringContaining('s3cret') })
  })

  it('is left when the caller gives up, at its time limit, and when it is closed', async () => {
    const database = await serve(() => {})
    await expect(database.query('up', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
    const controller = new AbortController()
    const running = database.query('up', { signal: controller.signal })
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
    const last = database.query('up')
    await database.close()
    await expect(last).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
    await expect(database.query('up')).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })
  })

  it('cannot be reached where nothing listens, and holds no metrics table', async () => {
    const database = prometheus.create(prometheus.options.parse({ url: 'http://127.0.0.1:9' }), {
      projectDir: '/',
    })
    await expect(database.query('up')).rejects.toMatchObject({ code: 'CONNECTION_FAILED', retryable: true })
    expect(() => database.metricsTable('metrics')).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })
})

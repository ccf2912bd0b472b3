import { describe, expect, it } from 'vitest'
import { ingest, library, openExample, projectWith } from './example-project.ts'
import { type RecordedServer, serveRecorded } from './recorded-server.ts'

const AT = '2025-11-25T13:45:00.000Z'

interface Expected {
  /** How many metrics there are. */
  readonly metrics: number
  /** Some of them: value, and time where it is that of the answer. */
  readonly points: Readonly<Record<string, readonly [value: number, time?: string]>>
  /** What is said of that which has no answer. */
  readonly printed?: RegExp
  /** What was asked for, among other things. */
  readonly asked: RegExp
  /** Answers that its `parse` refuses, where they are not those of all. */
  readonly odd?: readonly unknown[]
  readonly variables?: Readonly<Record<string, string>>
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  hackernews: {
    metrics: 4,
    points: {
      hn_top_10_min_score: [20],
      hn_top_10_max_score: [180],
      hn_top_10_avg_score: [100],
      hn_top_10_total_score: [900],
    },
    asked: /^GET \/v0\/item\/45010\.json$/,
    odd: [{ unexpected: true }, 'text', null, [7], [{ score: 'high' }]],
  },
  weather: {
    metrics: 12 * 7 - 1,
    points: { temp_dublin: [8.5, AT], temp_sydney: [19.5, AT], wind_speed_tokyo: [14.8, AT] },
    asked: /latitude=53\.34%2C37\.98.*current=temperature_2m%2C.*timeformat=unixtime/,
  },
  iss_location: {
    metrics: 2,
    points: { iss_latitude: [12.3456, AT], iss_longitude: [-45.1037, AT] },
    asked: /^GET \/iss-now\.json$/,
  },
  currency: {
    // The answer of one currency is missing.
    metrics: 6 * 7 - 5,
    points: {
      eur_usd: [1.16, '2026-11-25T00:00:00.000Z'],
      usd_jpy: [181.2, '2026-11-25T00:00:00.000Z'],
      jpy_zar: [19.9, '2026-11-25T00:00:00.000Z'],
    },
    printed: /currencies\/cad\.json answered 404/,
    asked: /currencies\/cad\.json$/,
  },
  coindesk: {
    metrics: 10,
    points: {
      'coindesk.BTC-USD.CURRENT_HOUR_OPEN': [87_250.5, '2025-11-25T13:44:59.000Z'],
      'coindesk.ETH-USD.CURRENT_HOUR_VOLUME': [312.5, '2025-11-25T13:44:59.000Z'],
    },
    asked: /instruments=BTC-USD,ETH-USD/,
  },
  yfinance: {
    metrics: 2,
    points: { yf_aapl_price: [275.92, '2025-11-24T21:00:01.000Z'], yf_xom_price: [117.08] },
    printed: /asked for MSFT, answered in an unexpected form/,
    asked: /^GET \/v8\/finance\/chart\/NVDA\?/,
  },
  github: {
    metrics: 10,
    points: {
      'github.netdata.netdata.stargazers_count': [76_000],
      'github.apache.spark.open_issues_count': [420],
    },
    printed: /repos\/duckdb\/duckdb answered 404/,
    asked: /^GET \/repos\/duckdb\/duckdb$/,
  },
  netdata: {
    metrics: 4,
    points: {
      '127_0_0_1_system_net_sent': [-1540.25, AT],
      '127_0_0_1_system_cpu_user': [3.5, AT],
    },
    printed: /api\/v1\/data answered 404/,
    asked: /chart=system\.ram&after=-600/,
  },
  netdata_httpcheck: {
    metrics: 1,
    points: { london_to_frankfurt_response_time: [87.25, AT] },
    asked: /chart=httpcheck_London_Demo_Site/,
  },
  prometheus: {
    metrics: 4,
    points: {
      'demo_memory_usage_bytes.demo.promlabs.com_10001': [4_194_304_000.5, AT],
      'avg_api_request_duration.demo.promlabs.com_10001': [0.0125, AT],
      demo_is_holiday: [0, AT],
    },
    asked: /query=max\+by\+%28instance%29\+%28demo_is_holiday/,
  },
  eirgrid: {
    metrics: 3,
    points: {
      // In summer Ireland is an hour ahead.
      eirgrid_system_demand: [4100, '2026-07-01T11:00:00.000Z'],
      eirgrid_wind_actual: [-3.5, '2026-11-25T13:45:00.000Z'],
      eirgrid_sys_frequency: [50.01, '2026-11-25T13:45:00.000Z'],
    },
    asked: /area=frequency&region=ALL&datefrom=\d\d-[A-Z][a-z]{2}-\d{4}\+00%3A00&dateto=/,
  },
  tomtom: {
    metrics: 4,
    points: { tomtom_amsterdam_current_speed: [41], tomtom_dublin_current_travel_time: [240] },
    printed: /flowSegmentData\/relative0\/10\/json answered 404/,
    asked: /point=40\.69754%2C-74\.02094.*key=t0mt0m-k3y$/,
    variables: { ANOMSTACK_TOMTOM_API_KEY: 't0mt0m-k3y' },
  },
  posthog: {
    metrics: 6,
    points: {
      'posthog.1001.events_yesterday': [5120],
      'posthog.1001.pageviews_yesterday': [2210],
      'posthog.1002.users_yesterday': [3],
    },
    asked: /^POST \/api\/projects\/1002\/query\/$/,
    variables: { POSTHOG_API_KEY: 'phx_s3cret', ANOMSTACK_FN_POSTHOG_PROJECTS: '1001, 1002' },
  },
}

async function projectAt(name: string, server: RecordedServer): Promise<string> {
  const variables = {
    [`ANOMSTACK_FN_${name.toUpperCase()}_URL`]: server.url,
    ...EXPECTED[name]?.variables,
  }
  const lines = Object.entries(variables).map(([variable, value]) => `${variable}="${value}"\n`)
  return projectWith([name], {
    '.env': lines.join(''),
    'metrics/defaults/defaults.yaml': 'db: duckdb\n',
  })
}

it('covers every example in TypeScript that asks the network', () => {
  const asking = library.filter(({ network, python }) => network !== undefined && !python)
  expect(Object.keys(EXPECTED).sort()).toEqual(asking.map(({ name }) => name))
})

describe.each(Object.entries(EXPECTED))(
  '%s',
  (name, { metrics, points, printed, asked, odd, variables = {} }) => {
    it('ingests what the service answers, and nothing when it fails', async () => {
      const server = await serveRecorded(name)
      const read = await openExample(await projectAt(name, server), name)
      const found = await read()
      expect([found.run.status, found.run.error]).toEqual(['succeeded', undefined])
      expect(Object.keys(found.metrics)).toHaveLength(metrics)
      for (const [metric, [value, time]] of Object.entries(points)) {
        const [first] = found.metrics[metric] ?? []
        expect([metric, first?.value, time ?? first?.time]).toEqual([metric, value, first?.time])
      }
      expect(server.requests.map(({ what }) => what)).toContainEqual(expect.stringMatching(asked))
      if (printed !== undefined) expect(found.run.logs.join('\n')).toMatch(printed)

      server.answerAll({ status: 503, body: 'busy' })
      const failed = await read()
      await server.close()
      expect(failed.run).toMatchObject({
        status: 'failed',
        error: { code: 'FUNCTION_FAILED', message: expect.stringMatching(/answered 503$/) },
      })
      expect(failed.metrics).toEqual(found.metrics)
      for (const secret of Object.values(variables))
        expect(JSON.stringify([found.run, failed.run])).not.toContain(secret)
    })

    it('takes nothing else for an answer', async () => {
      const { parse } = (await import(`../../examples/library/${name}/${name}.ts`)) as {
        parse(answer: unknown, ...rest: unknown[]): unknown
      }
      for (const answer of odd ?? [{ unexpected: true }, [], 'text', null, [{ current: {} }]])
        expect(() => parse(answer, 'usd', 'x', new Date())).toThrow(/answered in an unexpected form:\n.+/)
    })
  },
)

it('a reading that has the time of its answer is the same point when it is read again', async () => {
  const server = await serveRecorded('iss_location')
  const read = await openExample(await projectAt('iss_location', server), 'iss_location')
  const once = await read()
  expect((await read()).metrics).toEqual(once.metrics)
  await server.close()
})

it('Hacker News without any score has no least one', async () => {
  const { parse } = await import('../../examples/library/hackernews/hackernews.ts')
  expect(() => parse([null, { title: 'a job' }], new Date())).toThrow('none of the top stories has a score')
})

describe('keys', () => {
  it.each([
    ['tomtom', {}, 'ANOMSTACK_TOMTOM_API_KEY'],
    ['posthog', {}, 'POSTHOG_API_KEY'],
    ['posthog', { POSTHOG_API_KEY: 'phx_s3cret' }, 'ANOMSTACK_FN_POSTHOG_PROJECTS'],
  ])('%s with %j says which variable to set', async (name, variables, missing) => {
    const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`)
    const { run } = await ingest(await projectWith([name], { '.env': lines.join('') }), name)
    expect(run.status).toBe('failed')
    expect(run.error?.message).toContain(`set ${missing}`)
  })

  it('go where they belong', async () => {
    const server = await serveRecorded('posthog')
    await ingest(await projectAt('posthog', server), 'posthog')
    await server.close()
    expect(server.requests[0]?.headers.authorization).toBe('Bearer phx_s3cret')
  })
})

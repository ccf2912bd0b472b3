import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

/** Addresses with commas between; of your own servers, for one. */
const SERVERS = (
  process.env.ANOMSTACK_FN_NETDATA_URL ??
  'https://london.my-netdata.io,https://bangalore.my-netdata.io,https://frankfurt.my-netdata.io'
).split(',')
const CHARTS = ['system.net', 'system.cpu', 'system.io', 'system.ram']

/** A label for each column, of which the first is the time in seconds. */
const table = z.object({
  labels: z.array(z.string()).min(2),
  data: z.array(z.array(z.number().nullable())).min(1),
})

export async function ingest(): Promise<readonly Row[]> {
  const wanted = SERVERS.flatMap((server) => CHARTS.map((chart) => [server, chart] as const))
  const query = 'after=-600&before=0&points=1&format=json'
  return gather(wanted, async ([server, chart]) =>
    parse(await fetchJson(`${server}/api/v1/data?chart=${chart}&${query}`), server, chart),
  )
}

export function parse(answer: unknown, server: string, chart: string): readonly Row[] {
  const { labels, data } = readAs(table, answer, `Netdata, asked for ${chart},`)
  const host = new URL(server).hostname.replace('.my-netdata.io', '')
  const [seconds, ...values] = data[0]!
  if (seconds === null || seconds === undefined) return []
  return values.flatMap((value, index) =>
    value === null
      ? []
      : [
          {
            metric_timestamp: new Date(seconds * 1000),
            metric_name: `${host}_${chart}_${labels[index + 1]}`.replace(/[^A-Za-z0-9]+/g, '_'),
            metric_value: value,
          },
        ],
  )
}

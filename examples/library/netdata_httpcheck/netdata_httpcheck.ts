import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

/** Which server looks at which site. */
const CHECKS = [
  ['london', 'San_Francisco'],
  ['london', 'Frankfurt'],
  ['london', 'Toronto'],
  ['london', 'New_York'],
  ['london', 'Bangalore'],
  ['london', 'Singapore'],
  ['sanfrancisco', 'London'],
] as const

const table = z.object({
  labels: z.tuple([z.literal('time'), z.string()], z.string()),
  data: z.array(z.tuple([z.number(), z.number().nullable()], z.number().nullable())).min(1),
})

export async function ingest(): Promise<readonly Row[]> {
  return gather(CHECKS, async ([server, site]) => {
    const base = process.env.ANOMSTACK_FN_NETDATA_HTTPCHECK_URL ?? `https://${server}.my-netdata.io`
    const query = new URLSearchParams({
      chart: `httpcheck_${site}_Demo_Site_(CloudFlare).response_time`,
      after: '-120',
      before: '0',
      points: '1',
      format: 'json',
    })
    return parse(await fetchJson(`${base}/api/v1/data?${query.toString()}`), server, site)
  })
}

/** Milliseconds; no row while the site does not answer. */
export function parse(answer: unknown, server: string, site: string): readonly Row[] {
  const [seconds, milliseconds] = readAs(table, answer, `Netdata, asked for ${site},`).data[0]!
  if (milliseconds === null) return []
  return [
    {
      metric_timestamp: new Date(seconds * 1000),
      metric_name: `${server}_to_${site.toLowerCase()}_response_time`,
      metric_value: milliseconds,
    },
  ]
}

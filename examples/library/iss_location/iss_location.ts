import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

/** Open Notify has no https. */
const BASE = process.env.ANOMSTACK_FN_ISS_LOCATION_URL ?? 'http://api.open-notify.org'

/** Degrees come as text. */
const position = z.object({
  timestamp: z.number(),
  iss_position: z.object({
    latitude: z.coerce.number().min(-90).max(90),
    longitude: z.coerce.number().min(-180).max(180),
  }),
})

export async function ingest(): Promise<readonly Row[]> {
  return parse(await fetchJson(`${BASE}/iss-now.json`))
}

export function parse(answer: unknown): readonly Row[] {
  const { timestamp, iss_position } = readAs(position, answer, 'Open Notify')
  return Object.entries(iss_position).map(([name, degrees]) => ({
    metric_timestamp: new Date(timestamp * 1000),
    metric_name: `iss_${name}`,
    metric_value: degrees,
  }))
}

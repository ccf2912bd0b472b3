import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_TOMTOM_URL ?? 'https://api.tomtom.com'

const POINTS: Readonly<Record<string, string>> = {
  amsterdam: '52.41072,4.84239',
  dublin: '53.34727,-6.26167',
  london: '51.52861,-0.43124',
  nyc: '40.69754,-74.02094',
}

const flow = z.object({
  flowSegmentData: z.object({ currentSpeed: z.number(), currentTravelTime: z.number() }),
})

export async function ingest(): Promise<readonly Row[]> {
  const key = process.env.ANOMSTACK_TOMTOM_API_KEY
  if (!key) throw new Error('set ANOMSTACK_TOMTOM_API_KEY, in the environment or in .env, to a key of TomTom')
  const now = new Date()
  return gather(Object.entries(POINTS), async ([city, point]) => {
    const query = new URLSearchParams({ point, unit: 'KMPH', openLr: 'false', key })
    const path = '/traffic/services/4/flowSegmentData/relative0/10/json'
    return parse(await fetchJson(`${BASE}${path}?${query.toString()}`), city, now)
  })
}

/** Speed in kilometres an hour, travel time in seconds. */
export function parse(answer: unknown, city: string, now: Date): readonly Row[] {
  const { currentSpeed, currentTravelTime } = readAs(
    flow,
    answer,
    `TomTom, asked for ${city},`,
  ).flowSegmentData
  const values = { current_speed: currentSpeed, current_travel_time: currentTravelTime }
  return Object.entries(values).map(([name, value]) => ({
    metric_timestamp: now,
    metric_name: `tomtom_${city}_${name}`,
    metric_value: value,
  }))
}

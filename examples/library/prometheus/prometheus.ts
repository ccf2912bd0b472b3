import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_PROMETHEUS_URL ?? 'https://demo.promlabs.com'

/** Each gives one value for each instance. */
const QUERIES: Readonly<Record<string, string>> = {
  demo_api_http_requests_in_progress: 'sum by (instance) (demo_api_http_requests_in_progress)',
  avg_api_request_duration:
    'sum by (instance) (rate(demo_api_request_duration_seconds_sum[5m])) / sum by (instance) (rate(demo_api_request_duration_seconds_count[5m]))',
  cpu_usage_rate: 'sum by (instance) (rate(demo_cpu_usage_seconds_total{mode!="idle"}[5m]))',
  demo_memory_usage_bytes: 'sum by (instance) (demo_memory_usage_bytes{type!="free"})',
  demo_batch_last_run_duration_seconds: 'max by (instance) (demo_batch_last_run_duration_seconds)',
  demo_disk_usage_bytes: 'sum by (instance) (demo_disk_usage_bytes)',
  demo_disk_total_bytes: 'sum by (instance) (demo_disk_total_bytes)',
  items_shipped_rate: 'sum by (instance) (rate(demo_items_shipped_total[5m]))',
  demo_intermittent_metric: 'sum by (instance) (demo_intermittent_metric)',
  demo_is_holiday: 'max by (instance) (demo_is_holiday)',
}

/** A value is seconds since 1970, and a number as text: NaN and +Inf are possible. */
const result = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.object({ instance: z.string().optional() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
})

export async function ingest(): Promise<readonly Row[]> {
  return gather(Object.entries(QUERIES), async ([name, query]) =>
    parse(await fetchJson(`${BASE}/api/v1/query?${new URLSearchParams({ query }).toString()}`), name),
  )
}

export function parse(answer: unknown, name: string): readonly Row[] {
  return readAs(result, answer, `Prometheus, asked for ${name},`).data.result.flatMap(({ metric, value }) => {
    const [seconds, text] = value
    const number = Number(text)
    if (!Number.isFinite(number)) return []
    const instance = metric.instance === undefined ? '' : `.${metric.instance.replaceAll(':', '_')}`
    return [
      {
        metric_timestamp: new Date(Math.floor(seconds) * 1000),
        metric_name: name + instance,
        metric_value: number,
      },
    ]
  })
}

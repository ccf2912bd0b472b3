import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_COINDESK_URL ?? 'https://data-api.coindesk.com'

const tick = z.looseObject({ VALUE_LAST_UPDATE_TS: z.number() })
const ticks = z.object({
  Data: z.record(z.string(), tick),
  Err: z.object({ message: z.string().optional() }).optional(),
})

export async function ingest(): Promise<readonly Row[]> {
  const query = 'market=cadli&instruments=BTC-USD,ETH-USD&groups=VALUE,CURRENT_HOUR'
  return parse(await fetchJson(`${BASE}/index/cc/v1/latest/tick?${query}`))
}

/** What is about the current hour, and a number. */
export function parse(answer: unknown): readonly Row[] {
  const { Data, Err } = readAs(ticks, answer, 'CoinDesk')
  if (Err?.message) throw new Error(`CoinDesk answered: ${Err.message}`)
  return Object.entries(Data).flatMap(([instrument, values]) =>
    Object.entries(values).flatMap(([key, value]) =>
      key.startsWith('CURRENT_HOUR_') && typeof value === 'number'
        ? [
            {
              metric_timestamp: new Date(values.VALUE_LAST_UPDATE_TS * 1000),
              metric_name: `coindesk.${instrument}.${key}`,
              metric_value: value,
            },
          ]
        : [],
    ),
  )
}

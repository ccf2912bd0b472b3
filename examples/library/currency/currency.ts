import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_CURRENCY_URL ?? 'https://cdn.jsdelivr.net'

const FROM = ['eur', 'usd', 'gbp', 'jpy', 'chf', 'aud', 'cad']
const TO = ['usd', 'gbp', 'jpy', 'chf', 'aud', 'cad', 'rub', 'inr', 'brl', 'zar', 'cny', 'sek', 'nzd']

export async function ingest(): Promise<readonly Row[]> {
  return gather(FROM, async (from) =>
    parse(await fetchJson(`${BASE}/npm/@fawazahmed0/currency-api@latest/v1/currencies/${from}.json`), from),
  )
}

/** The time is the day that the answer names, so that reading yesterday's rates twice changes nothing. */
export function parse(answer: unknown, from: string): readonly Row[] {
  const source = `jsDelivr, asked for ${from},`
  const { date } = readAs(z.object({ date: z.iso.date() }), answer, source)
  const { [from]: rates = {} } = readAs(
    z.object({ [from]: z.record(z.string(), z.number()) }),
    answer,
    source,
  )
  return TO.flatMap((to) => {
    const rate = rates[to]
    return to === from || rate === undefined
      ? []
      : [{ metric_timestamp: `${date}T00:00:00Z`, metric_name: `${from}_${to}`, metric_value: rate }]
  })
}

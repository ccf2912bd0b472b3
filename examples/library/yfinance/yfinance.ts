import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_YFINANCE_URL ?? 'https://query1.finance.yahoo.com'

const SYMBOLS = `AAPL MSFT GOOG AMZN META NVDA TSLA NFLX AMD INTC ORCL
  IBM CRM ADBE JPM V WMT KO PEP DIS BA XOM`.split(/\s+/)

const chart = z.object({
  chart: z.object({
    result: z
      .array(z.object({ meta: z.object({ regularMarketPrice: z.number(), regularMarketTime: z.number() }) }))
      .min(1),
  }),
})

export async function ingest(): Promise<readonly Row[]> {
  return gather(SYMBOLS, async (symbol) =>
    parse(
      await fetchJson(`${BASE}/v8/finance/chart/${symbol}?range=1d&interval=1d`, {
        // Programs that do not say what they are get no answer.
        headers: { 'user-agent': 'Mozilla/5.0 (compatible; Anomstack)' },
      }),
      symbol,
    ),
  )
}

export function parse(answer: unknown, symbol: string): readonly Row[] {
  const { meta } = readAs(chart, answer, `Yahoo, asked for ${symbol},`).chart.result[0]!
  return [
    {
      metric_timestamp: new Date(meta.regularMarketTime * 1000),
      metric_name: `yf_${symbol.toLowerCase()}_price`,
      metric_value: meta.regularMarketPrice,
    },
  ]
}

import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_EIRGRID_URL ?? 'https://www.smartgriddashboard.com'

const AREAS = ['demandactual', 'generationactual', 'windactual', 'frequency']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DAY_MS = 86_400_000

/** Times are Irish, such as 25-Nov-2026 13:45:00. What is not measured yet is null. */
const table = z.object({
  Rows: z.array(
    z.object({
      EffectiveTime: z.string().regex(/^\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d$/),
      FieldName: z.string(),
      Value: z.number().nullable(),
    }),
  ),
})

export async function ingest(): Promise<readonly Row[]> {
  const now = Date.now()
  return gather(AREAS, async (area) => {
    const query = new URLSearchParams({
      area,
      region: 'ALL',
      datefrom: `${irishDay(now - DAY_MS)} 00:00`,
      dateto: `${irishDay(now)} 23:59`,
    })
    return parse(await fetchJson(`${BASE}/DashboardService.svc/data?${query.toString()}`), area)
  })
}

/** A row for each quarter of an hour; the frequency comes every five seconds. */
export function parse(answer: unknown, area: string): readonly Row[] {
  return readAs(table, answer, `EirGrid, asked for ${area},`).Rows.flatMap((row) => {
    if (row.Value === null || !/:(00|15|30|45):00$/.test(row.EffectiveTime)) return []
    return [
      {
        metric_timestamp: isoTime(row.EffectiveTime),
        metric_name: `eirgrid_${row.FieldName.toLowerCase()}`,
        metric_value: row.Value,
      },
    ]
  })
}

function isoTime(text: string): string {
  const [date = '', time = ''] = text.split(' ')
  const [day = '', month = '', year = ''] = date.split('-')
  return `${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day}T${time}`
}

function irishDay(time: number): string {
  const [year, month, day] = new Date(time)
    .toLocaleDateString('sv-SE', { timeZone: 'Europe/Dublin' })
    .split('-')
  return `${day}-${MONTHS[Number(month) - 1]}-${year}`
}

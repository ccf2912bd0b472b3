import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = (
  process.env.ANOMSTACK_FN_POSTHOG_URL ??
  process.env.POSTHOG_HOST ??
  'https://us.posthog.com'
).replace(/\/+$/, '')

const DAY_MS = 86_400_000

const METRICS: Readonly<Record<string, string>> = {
  events_yesterday: 'count()',
  users_yesterday: 'count(distinct person_id)',
  pageviews_yesterday: "countIf(event = '$pageview')",
}

const result = z.object({
  results: z.array(z.array(z.number()).length(Object.keys(METRICS).length)).length(1),
})

export async function ingest(): Promise<readonly Row[]> {
  const key = process.env.POSTHOG_API_KEY
  const projects = (process.env.ANOMSTACK_FN_POSTHOG_PROJECTS ?? '').split(/[\s,]+/).filter(Boolean)
  if (!key)
    throw new Error('set POSTHOG_API_KEY, in the environment or in .env, to a personal API key of PostHog')
  if (projects.length === 0)
    throw new Error('set ANOMSTACK_FN_POSTHOG_PROJECTS to the ids of your projects, with commas between')
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  const yesterday = new Date(today - DAY_MS)
  const query = { kind: 'HogQLQuery', query: queryOf(yesterday, new Date(today)) }
  return gather(projects, async (project) =>
    parse(
      await fetchJson(`${BASE}/api/projects/${encodeURIComponent(project)}/query/`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      }),
      project,
      yesterday,
    ),
  )
}

export function parse(answer: unknown, project: string, day: Date): readonly Row[] {
  const [values = []] = readAs(result, answer, `PostHog, asked for project ${project},`).results
  return Object.keys(METRICS).map((name, index) => ({
    metric_timestamp: day,
    metric_name: `posthog.${project}.${name}`,
    metric_value: values[index] ?? 0,
  }))
}

function queryOf(from: Date, to: Date): string {
  const time = (at: Date) => `toDateTime('${at.toISOString().slice(0, 19).replace('T', ' ')}', 'UTC')`
  const columns = Object.entries(METRICS).map(([name, expression]) => `${expression} as ${name}`)
  return `select ${columns.join(', ')} from events where timestamp >= ${time(from)} and timestamp < ${time(to)}`
}

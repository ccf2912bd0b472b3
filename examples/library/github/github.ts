import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { gather } from '../shared/gather.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_GITHUB_URL ?? 'https://api.github.com'
/** With a token GitHub answers 5,000 requests an hour, and shows private repositories. */
const TOKEN = process.env.ANOMSTACK_FN_GITHUB_TOKEN

const REPOSITORIES = [
  'andrewm4894/anomstack',
  'netdata/netdata',
  'tensorflow/tensorflow',
  'apache/spark',
  'apache/airflow',
  'stanfordnlp/dspy',
  'scikit-learn/scikit-learn',
  'duckdb/duckdb',
]

const numbers = z.object({
  stargazers_count: z.number(),
  forks_count: z.number(),
  open_issues_count: z.number(),
  subscribers_count: z.number(),
  size: z.number(),
})

export async function ingest(): Promise<readonly Row[]> {
  const now = new Date()
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'anomstack-example',
    ...(TOKEN ? { authorization: `Bearer ${TOKEN}` } : {}),
  }
  return gather(REPOSITORIES, async (repository) =>
    parse(await fetchJson(`${BASE}/repos/${repository}`, { headers }), repository, now),
  )
}

export function parse(answer: unknown, repository: string, now: Date): readonly Row[] {
  const read = readAs(numbers, answer, `GitHub, asked for ${repository},`)
  return Object.entries(read).map(([key, value]) => ({
    metric_timestamp: now,
    metric_name: `github.${repository.replace('/', '.')}.${key}`,
    metric_value: value,
  }))
}

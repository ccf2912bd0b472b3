import { z } from 'zod'
import { fetchJson } from '../shared/fetch-json.ts'
import { readAs } from '../shared/read-as.ts'
import type { Row } from '../shared/row.ts'

const BASE = process.env.ANOMSTACK_FN_HACKERNEWS_URL ?? 'https://hacker-news.firebaseio.com'
const STORIES = 10

const ids = z.array(z.int())
/** A story that was deleted is null. */
const stories = z.array(z.object({ score: z.number().optional() }).nullable())

export async function ingest(): Promise<readonly Row[]> {
  const top = readAs(ids, await fetchJson(`${BASE}/v0/topstories.json`), 'topstories').slice(0, STORIES)
  const answers = await Promise.all(top.map((id) => fetchJson(`${BASE}/v0/item/${id}.json`)))
  return parse(answers, new Date())
}

export function parse(answers: readonly unknown[], now: Date): readonly Row[] {
  const scores = readAs(stories, answers, 'item').flatMap((story) => story?.score ?? [])
  if (scores.length === 0) throw new Error('none of the top stories has a score')
  const total = scores.reduce((sum, score) => sum + score, 0)
  const values = {
    min: Math.min(...scores),
    max: Math.max(...scores),
    avg: total / scores.length,
    total,
  }
  return Object.entries(values).map(([name, metric_value]) => ({
    metric_timestamp: now,
    metric_name: `hn_top_${STORIES}_${name}_score`,
    metric_value,
  }))
}

import { html } from 'hono/html'
import type { Batch } from '../../config/project.ts'
import { DEFAULT_LAST_N } from '../last-n.ts'
import type { BatchQuery } from './batch-query.ts'
import { links } from './links.ts'
import { type Markup, nothing } from './markup.ts'

const WINDOWS = ['90n', '24h', '7d', '30d', '90d'] as const
const JOBS = ['pipeline', 'ingest', 'train', 'score', 'alert', 'change'] as const

/** Search, time window, and what to run now. */
export function batchToolbar(batch: Batch, query: BatchQuery, problem: string | undefined): Markup {
  const last = query.last?.trim() || DEFAULT_LAST_N
  return html`<div class="toolbar">
<form class="filters" method="get" action="${links.batch(batch.name)}" role="search">
<label>Search<input type="search" name="q" value="${query.search ?? ''}" placeholder="part of a metric's name" autocomplete="off" spellcheck="false"></label>
<label>Last<input class="short" type="text" name="last" value="${last}" autocomplete="off" spellcheck="false" aria-describedby="last-hint" ${problem === undefined ? nothing : html`aria-invalid="true"`}></label>
<button type="submit">Show</button>
</form>
<ul class="chips" aria-label="Time windows">${WINDOWS.map(
    (name) =>
      html`<li><a href="${links.batch(batch.name, { last: name, q: query.search })}" ${name === last ? html`aria-current="true"` : nothing}>${name}</a></li>`,
  )}</ul>
<form class="run-now" method="post" action="${links.batchRuns(batch.name)}">
<label class="hidden-label" for="job">Job</label><select id="job" name="job">${JOBS.map((job) => html`<option>${job}</option>`)}</select>
<button type="submit">Run now</button>
</form>
</div>
<p class="hint ${problem === undefined ? 'hint-quiet' : 'problem'}" id="last-hint">${problem ?? '90n newest points, 24h hours, 45m minutes, 7d days'}</p>`
}

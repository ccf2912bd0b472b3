import { html } from 'hono/html'
import { JOB_NAMES, type JobName, type RunStatus } from '../../runs/run.ts'
import { pager, selectField } from './filters.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { runList } from './lists.ts'
import { type Markup, nothing } from './markup.ts'
import type { PageContext } from './page-context.ts'

export interface RunsQuery {
  readonly batch?: string
  readonly job?: JobName
  readonly status?: RunStatus
  readonly before?: string
}

export const RUN_STATUSES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'canceled',
] as const satisfies readonly RunStatus[]
const PAGE = 50

/** Every run, newest first. */
export async function runsPage(query: RunsQuery, context: PageContext): Promise<Markup> {
  const runs = await context.services.control.runs.list({ ...query, limit: PAGE + 1 })
  const shown = runs.slice(0, PAGE)
  const batches = [...context.services.project().batches.keys()]
  const head = html`<div class="title"><h1>Runs</h1></div>
<div class="toolbar"><form class="filters" method="get" action="${links.runs()}">
${selectField(
  { name: 'batch', label: 'Batch', all: 'all batches', value: query.batch },
  batches.map((name) => [name, name]),
)}
${selectField(
  { name: 'job', label: 'Job', all: 'all jobs', value: query.job },
  JOB_NAMES.map((name) => [name, name]),
)}
${selectField(
  { name: 'status', label: 'Status', all: 'any status', value: query.status },
  RUN_STATUSES.map((name) => [name, name]),
)}
<button type="submit">Show</button>
</form></div>`
  const live = html`<section class="panel" aria-label="Runs">${
    shown.length === 0
      ? html`<p class="muted">${Object.keys(query).length === 0 ? 'Nothing has run yet.' : 'No run fits.'}</p>`
      : runList(shown, context)
  }</section>${runs.length > PAGE ? pager(links.runs({ ...query, before: shown.at(-1)!.id })) : nothing}`
  return layout({ title: 'Runs', section: 'runs', head, live }, context)
}

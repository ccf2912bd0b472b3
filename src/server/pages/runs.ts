import { html } from 'hono/html'
import { QUEUE_NAMES, type QueueName } from '../../core/queues.ts'
import { wallTimeToUtc } from '../../core/time-zone.ts'
import { JOB_NAMES, type JobName, type Run, type RunStatus } from '../../runs/run.ts'
import { RUN_STATUSES } from '../rest/run-filter.ts'
import { pager, selectField } from './filters.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { momentOf, runList } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted } from './status.ts'

export interface RunsQuery {
  readonly batch?: string
  readonly job?: JobName
  readonly status?: RunStatus
  readonly queue?: QueueName
  readonly parent?: string
  /** Days as people write them in the project's time zone, such as 2026-01-31, both included. */
  readonly from?: string
  readonly to?: string
  readonly before?: string
}

/** What a bulk that was just asked for came to. */
export interface BulkNotice {
  readonly queued: number
  readonly refused: number
}

const PAGE = 50
const DAY = 86_400_000

/** Every run, newest first. */
export async function runsPage(
  query: RunsQuery,
  notice: BulkNotice | undefined,
  context: PageContext,
): Promise<Markup> {
  const { timeZone } = momentOf(context)
  const { from, to, ...rest } = query
  const runs = await context.services.control.runs.list({
    ...rest,
    ...(from === undefined ? {} : { from: startOfDay(from, 0, timeZone) }),
    ...(to === undefined ? {} : { to: startOfDay(to, 1, timeZone) - 1 }),
    limit: PAGE + 1,
  })
  const shown = runs.slice(0, PAGE)
  const head = html`<div class="title"><h1>Runs</h1></div>
<div class="toolbar">${filters(query, context)}</div>
${query.parent === undefined ? nothing : html`<p class="hint hint-quiet">Only parts of <code>${query.parent}</code>. <a class="more" href="${links.runs({ ...query, parent: undefined, before: undefined })}">All runs</a></p>`}`
  const live = html`${noticeText(notice)}${rerunFailed(shown, query)}<section class="panel" aria-label="Runs">${
    shown.length === 0
      ? html`<p class="muted">${Object.keys(query).length === 0 ? 'Nothing has run yet.' : 'No run fits.'}</p>`
      : runList(shown, context)
  }</section>${runs.length > PAGE ? pager(links.runs({ ...query, before: shown.at(-1)!.id })) : nothing}`
  return layout({ title: 'Runs', section: 'runs', head, live }, context)
}

function filters(query: RunsQuery, context: PageContext): Markup {
  const names = (values: readonly string[]) => values.map((name) => [name, name] as const)
  const batches = [...context.services.project().batches.keys()]
  return html`<form class="filters" method="get" action="${links.runs()}">
${selectField({ name: 'batch', label: 'Batch', all: 'all batches', value: query.batch }, names(batches))}
${selectField({ name: 'job', label: 'Job', all: 'all jobs', value: query.job }, names(JOB_NAMES))}
${selectField({ name: 'status', label: 'Status', all: 'any status', value: query.status }, names(RUN_STATUSES))}
${selectField({ name: 'queue', label: 'Queue', all: 'all queues', value: query.queue }, names(QUEUE_NAMES))}
<label>From<input class="day" type="date" name="from" value="${query.from ?? ''}"></label>
<label>To<input class="day" type="date" name="to" value="${query.to ?? ''}"></label>
${query.parent === undefined ? nothing : html`<input type="hidden" name="parent" value="${query.parent}">`}
<button type="submit">Show</button>
</form>`
}

/** One form for all failed runs that are shown; parts of runs are up to those runs. */
function rerunFailed(shown: readonly Run[], query: RunsQuery): Markup {
  const failed = shown.filter(
    ({ status, trigger, job }) => status === 'failed' && trigger !== 'fan-out' && job !== 'deliver',
  )
  if (failed.length === 0) return nothing
  return html`<form class="bulk" method="post" action="${links.retryRuns}">${failed.map(
    ({ id }) => html`<input type="hidden" name="id" value="${id}">`,
  )}${Object.entries(query).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<span>${counted(failed.length, 'failed run')} on this page</span><button type="submit" name="resume" value="1">Retry from the failed steps</button><button type="submit">Retry from the beginning</button></form>`
}

function noticeText(notice: BulkNotice | undefined): Markup {
  if (notice === undefined) return nothing
  return html`<p class="panel notice" role="status">${counted(notice.queued, 'run')} queued again${when(notice.refused > 0, () => html`; ${notice.refused} could not be`)}.</p>`
}

function startOfDay(day: string, later: number, timeZone: string): number {
  return wallTimeToUtc(Date.parse(`${day}T00:00:00Z`) + later * DAY, timeZone)
}

import { html } from 'hono/html'
import { ALERT_KINDS, type AlertKind } from '../../alerts/alert.ts'
import { pager, selectField } from './filters.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { alertList } from './lists.ts'
import { kindName } from './mark.ts'
import { type Markup, nothing } from './markup.ts'
import type { PageContext } from './page-context.ts'

export interface AlertsQuery {
  readonly batch?: string
  readonly metric?: string
  readonly kind?: AlertKind
  readonly before?: string
}

const PAGE = 50

/** Every alert, newest first. */
export async function alertsPage(query: AlertsQuery, context: PageContext): Promise<Markup> {
  const alerts = await context.services.control.alerts.list({ ...query, limit: PAGE + 1 })
  const shown = alerts.slice(0, PAGE)
  const batches = [...context.services.project().batches.keys()]
  const head = html`<div class="title"><h1>Alerts</h1></div>
<div class="toolbar"><form class="filters" method="get" action="${links.alerts()}">
${selectField(
  { name: 'batch', label: 'Batch', all: 'all batches', value: query.batch },
  batches.map((name) => [name, name]),
)}
${selectField(
  { name: 'kind', label: 'Kind', all: 'all kinds', value: query.kind },
  ALERT_KINDS.map((kind) => [kind, kindName(kind)]),
)}
<label>Metric<input type="search" name="metric" value="${query.metric ?? ''}" placeholder="whole name" autocomplete="off" spellcheck="false"></label>
<button type="submit">Show</button>
</form></div>`
  const live = html`<section class="panel" aria-label="Alerts">${
    shown.length === 0
      ? html`<p class="muted">${Object.keys(query).length === 0 ? 'Nothing strange so far.' : 'No alert fits.'}</p>`
      : alertList(shown, context)
  }</section>${alerts.length > PAGE ? pager(links.alerts({ ...query, before: shown.at(-1)!.id })) : nothing}`
  return layout({ title: 'Alerts', section: 'alerts', head, live }, context)
}

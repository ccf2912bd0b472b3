import { html } from 'hono/html'
import type { Alert } from '../../alerts/alert.ts'
import type { Run } from '../../runs/run.ts'
import { links } from './links.ts'
import { kindLabel } from './mark.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { statusLabel } from './status.ts'
import { formatSpan, relativeTime } from './times.ts'

/** Alerts as a list of links; the reason of each is shown. */
export function alertList(alerts: readonly Alert[], context: PageContext): Markup {
  const { now, timeZone } = momentOf(context)
  return html`<ul class="rows">${alerts.map(
    (alert) => html`<li><a class="row" href="${links.alert(alert.id)}">
<span class="row-main"><span class="row-title">${alert.metric}</span><span class="row-sub">${alert.batch}</span></span>
<span class="row-side">${kindLabel(alert.kind)}${relativeTime(alert.timestamp, now, timeZone)}</span>
<span class="row-text">${context.redact(alert.reason)}</span>
</a></li>`,
  )}</ul>`
}

/** Runs as a list of links, with the reason of those that failed. */
export function runList(runs: readonly Run[], context: PageContext): Markup {
  const { now, timeZone } = momentOf(context)
  return html`<ul class="rows">${runs.map(
    (run) => html`<li><a class="row" href="${links.run(run.id)}">
<span class="row-main"><span class="row-title">${run.job}</span><span class="row-sub">${run.batch ?? 'all batches'}</span></span>
<span class="row-side">${statusLabel(run.status)}${relativeTime(run.queuedAt, now, timeZone)}${when(
      run.startedAt !== undefined && run.endedAt !== undefined,
      () => html`<span class="row-span">${formatSpan(run.endedAt! - run.startedAt!)}</span>`,
    )}</span>
${run.error === undefined ? nothing : html`<span class="row-text problem">${context.redact(run.error.message)}</span>`}
</a></li>`,
  )}</ul>`
}

/** The present, and the zone that pages show times in. */
export function momentOf(context: PageContext): { readonly now: number; readonly timeZone: string } {
  return { now: context.services.clock.now(), timeZone: context.services.project().server.timeZone }
}

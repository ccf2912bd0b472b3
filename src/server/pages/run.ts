import { html } from 'hono/html'
import type { RunDetailBody, StepBody } from '../rest/bodies.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { momentOf } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { statusLabel } from './status.ts'
import { clockTime, formatSpan, relativeTime } from './times.ts'

/** One run: its steps over time, what they found, why they failed, and the log. */
export function runPage(run: RunDetailBody, errorsOnly: boolean, context: PageContext): Markup {
  const { now, timeZone } = momentOf(context)
  const active = run.status === 'queued' || run.status === 'running'
  const head = html`<nav class="crumbs" aria-label="Breadcrumb"><a href="${links.runs()}">Runs</a>${
    run.batch === undefined ? nothing : html`<a href="${links.batch(run.batch)}">${run.batch}</a>`
  }</nav>`
  const live = html`<div class="title"><h1>${run.job}${run.batch === undefined ? nothing : html` <span class="of">of</span> ${run.batch}`}</h1>
<p class="muted">${statusLabel(run.status)} · ${run.trigger} · queued ${relativeTime(run.queuedAt, now, timeZone)}${
    run.startedAt === undefined ? nothing : html` · took ${formatSpan((run.endedAt ?? now) - run.startedAt)}`
  }${when(run.attempt > 1, () => html` · attempt ${run.attempt}`)}</p></div>
${run.error === undefined ? nothing : html`<section class="panel faults faults-error" aria-label="Error"><p><span class="tag tag-error">${run.error.code}</span></p><p class="pre">${run.error.message}</p></section>`}
${when(active, () => html`<form class="run-now" method="post" action="${links.cancelRun(run.id)}"><button type="submit">Cancel this run</button></form>`)}
<section class="panel" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>${
    run.steps.length === 0
      ? html`<p class="muted">${active ? 'Not started yet.' : 'None.'}</p>`
      : stepList(run, now)
  }</section>
<section class="panel" aria-labelledby="log-title"><div class="panel-head"><h2 id="log-title">Log</h2>${logSwitch(run, errorsOnly)}</div>${log(run, errorsOnly, timeZone)}</section>`
  return layout({ title: `${run.job} ${run.batch ?? ''}`, section: 'runs', head, live }, context)
}

function stepList(run: RunDetailBody, now: number): Markup {
  const from = Math.min(...run.steps.map((step) => step.startedAt))
  const to = Math.max(from + 1, ...run.steps.map((step) => step.endedAt ?? now))
  return html`<ol class="steps">${run.steps.map(
    (step) => html`<li>
<span class="step-name">${step.name}${when(step.attempt > 1, () => html` <span class="muted">attempt ${step.attempt}</span>`)}</span>
${stepBar(step, { from, to, now })}
<span class="step-span">${step.endedAt === undefined ? '…' : formatSpan(step.endedAt - step.startedAt)}</span>
${statusLabel(step.status)}
${step.error === undefined ? nothing : html`<p class="step-text problem pre">${step.error.message}</p>`}
${step.result === undefined || step.result === null ? nothing : html`<p class="step-text"><code>${JSON.stringify(step.result)}</code></p>`}
</li>`,
  )}</ol>`
}

function stepBar(
  step: StepBody,
  span: { readonly from: number; readonly to: number; readonly now: number },
): Markup {
  const share = (time: number): number => ((time - span.from) / (span.to - span.from)) * 100
  const start = Math.min(share(step.startedAt), 99.4)
  const width = Math.max(0.6, share(step.endedAt ?? span.now) - start)
  return html`<svg class="step-bar" width="100%" height="14" aria-hidden="true"><rect class="step-track" width="100%" height="6" y="4" rx="3"/><rect class="step-${step.status}" x="${start.toFixed(2)}%" width="${width.toFixed(2)}%" height="6" y="4" rx="3"/></svg>`
}

function logSwitch(run: RunDetailBody, errorsOnly: boolean): Markup {
  const entry = (href: string, name: string, current: boolean): Markup =>
    html`<li><a href="${href}" ${current ? html`aria-current="true"` : nothing}>${name}</a></li>`
  return html`<ul class="chips">${entry(links.run(run.id), 'everything', !errorsOnly)}${entry(links.run(run.id, { log: 'errors' }), 'problems only', errorsOnly)}</ul>`
}

function log(run: RunDetailBody, errorsOnly: boolean, timeZone: string): Markup {
  const shown = run.logs.filter(
    (record) => !errorsOnly || record.level === 'error' || record.level === 'warn',
  )
  if (shown.length === 0)
    return html`<p class="muted">${errorsOnly ? 'No problems.' : 'Nothing was logged.'}</p>`
  return html`<ol class="log">${shown.map(
    (record) =>
      html`<li class="log-${record.level}">${clockTime(record.at, timeZone)}<span class="log-level">${record.level}</span><span class="log-text">${record.message}${
        Object.keys(record.fields).length === 0
          ? nothing
          : html` <code>${JSON.stringify(record.fields)}</code>`
      }</span></li>`,
  )}</ol>`
}

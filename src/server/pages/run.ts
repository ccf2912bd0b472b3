import { html } from 'hono/html'
import type { RunBody, RunDetailBody } from '../rest/bodies.ts'
import { gantt, stack } from './gantt.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { momentOf, runList } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted, statusLabel } from './status.ts'
import { clockTime, exactTime, formatSpan, relativeTime } from './times.ts'

export interface RunPage {
  readonly run: RunDetailBody
  /** Only warnings and errors of its log were loaded. */
  readonly problemsOnly: boolean
  /** The run that it is a part of; undefined for a group of runs that has no run of its own. */
  readonly parent?: RunBody
}

const MOST_CHILDREN = 50

/** One run: its steps over time, what they found, why they failed, its parts, and the log. */
export function runPage({ run, problemsOnly, parent }: RunPage, context: PageContext): Markup {
  const moment = momentOf(context)
  const active = isActive(run)
  const head = html`<nav class="crumbs" aria-label="Breadcrumb"><a href="${links.runs()}">Runs</a>${
    run.batch === undefined ? nothing : html`<a href="${links.batch(run.batch)}">${run.batch}</a>`
  }${parent === undefined ? nothing : html`<a href="${links.run(parent.id)}">${parent.job}</a>`}</nav>`
  const live = html`<div class="title"><h1>${run.job}${run.batch === undefined ? nothing : html` <span class="of">of</span> ${run.batch}`}</h1>
<p class="muted">${statusLabel(run.status)} · ${run.trigger} · queued ${relativeTime(run.queuedAt, moment.now, moment.timeZone)}${
    run.startedAt === undefined
      ? nothing
      : html` · took ${formatSpan((run.endedAt ?? moment.now) - run.startedAt)}`
  }${when(run.attempt > 1, () => html` · attempt ${run.attempt}`)}</p></div>
${run.error === undefined ? nothing : html`<section class="panel faults faults-error" aria-label="Error"><p><span class="tag tag-error">${run.error.code}</span></p><p class="pre">${run.error.message}</p>${stack('run', run.error.stack)}</section>`}
${actions(run)}
<section class="panel" aria-labelledby="steps-title"><h2 id="steps-title">Steps</h2>${
    run.steps.length === 0
      ? html`<p class="muted">${active ? 'Not started yet.' : 'None.'}</p>`
      : gantt(run.steps, moment)
  }</section>
${children(run, context)}
<section class="panel" aria-labelledby="log-title"><div class="panel-head"><h2 id="log-title">Log</h2>${logSwitch(run, problemsOnly)}</div>${log(run, problemsOnly, moment.timeZone)}</section>
<section class="panel" aria-labelledby="facts-title"><h2 id="facts-title">Facts</h2>${facts(run, parent, moment.timeZone)}</section>`
  return layout({ title: `${run.job} ${run.batch ?? ''}`, section: 'runs', head, live }, context)
}

const isActive = ({ status }: RunBody): boolean => status === 'queued' || status === 'running'

/** What can be done about the run. */
function actions(run: RunDetailBody): Markup {
  if (isActive(run))
    return html`<div class="actions"><form method="post" action="${links.cancelRun(run.id)}"><button type="submit">Cancel this run</button></form></div>`
  if (run.job === 'deliver') return nothing
  const resumable = run.status !== 'succeeded' && run.steps.some(({ status }) => status === 'succeeded')
  const retry = (name: string, resume: boolean): Markup =>
    html`<form method="post" action="${links.retryRun(run.id)}">${when(resume, () => html`<input type="hidden" name="resume" value="1">`)}<button type="submit">${name}</button></form>`
  return html`<div class="actions">${when(resumable, () => retry('Retry from the failed step', true))}${retry(run.status === 'succeeded' ? 'Run again' : 'Retry from the beginning', false)}</div>`
}

function children(run: RunDetailBody, context: PageContext): Markup {
  const { children: parts } = run
  if (parts.length === 0) return nothing
  const ended = parts.filter((child) => !isActive(child)).length
  return html`<section class="panel" aria-labelledby="children-title"><div class="panel-head"><h2 id="children-title">Parts</h2><span class="muted">${ended} of ${counted(parts.length, 'part')} done</span></div>
<progress max="${parts.length}" value="${ended}" aria-label="Parts done"></progress>
${runList(parts.slice(0, MOST_CHILDREN), context)}${when(
  parts.length > MOST_CHILDREN,
  () => html`<p><a class="more" href="${links.runs({ parent: run.id })}">All parts</a></p>`,
)}</section>`
}

function logSwitch(run: RunDetailBody, problemsOnly: boolean): Markup {
  const entry = (href: string, name: string, current: boolean): Markup =>
    html`<li><a href="${href}" ${current ? html`aria-current="true"` : nothing}>${name}</a></li>`
  return html`<ul class="chips">${entry(links.run(run.id), 'everything', !problemsOnly)}${entry(links.run(run.id, { log: 'errors' }), 'problems only', problemsOnly)}</ul>`
}

function log(run: RunDetailBody, problemsOnly: boolean, timeZone: string): Markup {
  if (run.logs.length === 0)
    return html`<p class="muted">${problemsOnly ? 'No problems.' : 'Nothing was logged.'}</p>`
  return html`${when(run.logsBefore !== null, () => html`<p class="muted">The newest ${run.logs.length} records; the JSON API has those before.</p>`)}<ol class="log">${run.logs.map(
    (record) =>
      html`<li class="log-${record.level}">${clockTime(record.at, timeZone)}<span class="log-level">${record.level}</span><span class="log-text">${record.message}${
        Object.keys(record.fields).length === 0
          ? nothing
          : html` <code>${JSON.stringify(record.fields)}</code>`
      }</span></li>`,
  )}</ol>`
}

function facts(run: RunDetailBody, parent: RunBody | undefined, timeZone: string): Markup {
  const fact = (name: string, value: Markup | string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const time = (name: string, at: number | undefined): Markup =>
    at === undefined ? nothing : fact(name, exactTime(at, timeZone))
  return html`<dl class="facts">
${fact('Id', html`<code>${run.id}</code>`)}
${fact('Queue', run.queue)}
${run.shard === undefined ? nothing : fact('Part', run.shard)}
${run.priority === undefined ? nothing : fact('Priority', String(run.priority))}
${time('Tick', run.scheduledFor)}
${time('Queued', run.queuedAt)}
${time('Not before', run.notBefore)}
${time('Started', run.startedAt)}
${time('Ended', run.endedAt)}
${run.failures === undefined ? nothing : fact('Failures', `${counted(run.failures, 'time')}, each tried again`)}
${run.executor === undefined ? nothing : fact('Executor', html`<code>${run.executor}</code>`)}
${run.resumes === undefined ? nothing : fact('Goes on with', html`<a href="${links.run(run.resumes)}">${run.resumes}</a>`)}
${run.parent === undefined ? nothing : fact(parent === undefined ? 'Group' : 'Part of', html`<a href="${parent === undefined ? links.runs({ parent: run.parent }) : links.run(parent.id)}">${run.parent}</a>`)}
${run.params === undefined || Object.keys(run.params).length === 0 ? nothing : fact('Parameters', html`<code>${JSON.stringify(run.params)}</code>`)}
</dl>`
}

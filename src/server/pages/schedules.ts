import { html } from 'hono/html'
import type { Tick } from '../../control/control.ts'
import { formatDuration } from '../../core/duration.ts'
import { type ListedSchedule, listSchedules } from '../../orchestrator/schedule-list.ts'
import { saidOf } from '../../orchestrator/schedule-state.ts'
import { projectSchedules, type ScheduledJob } from '../../orchestrator/schedules.ts'
import { pager, selectField } from './filters.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { momentOf } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted } from './status.ts'
import { exactTime, relativeTime } from './times.ts'

export interface SchedulesQuery {
  readonly batch?: string
  readonly state?: ScheduleState
  /** How many are on the pages before. */
  readonly skip?: number
}

/** `stopped`: its file says so; `paused`: somebody did. */
export type ScheduleState = 'running' | 'paused' | 'stopped'
export const SCHEDULE_STATES = ['running', 'paused', 'stopped'] as const satisfies readonly ScheduleState[]

const PAGE = 50
const LAST_TICKS = 8
const OUTCOMES = {
  fired: { symbol: '✓', style: 'succeeded' },
  skipped: { symbol: '–', style: 'canceled' },
  missed: { symbol: '✕', style: 'failed' },
} as const

/** Every schedule: when it fires next, what became of its last ticks, and whether it runs. */
export async function schedulesPage(query: SchedulesQuery, context: PageContext): Promise<Markup> {
  const { control, clock } = context.services
  const project = context.services.project()
  const { skip = 0 } = query
  const states = query.state === undefined ? new Map() : await control.schedules.states()
  const found = projectSchedules(project).filter(
    (schedule) => fits(query.batch, schedule.batch) && fits(query.state, stateOf(schedule, states)),
  )
  const shown = await listSchedules(found.slice(skip, skip + PAGE), {
    store: control.schedules,
    now: clock.now(),
  })
  const ticks = await Promise.all(
    shown.map(({ id }) => control.schedules.ticks({ schedule: id, limit: LAST_TICKS })),
  )
  const batches = [...project.batches.keys()]
  const head = html`<div class="title"><h1>Schedules</h1><p class="muted">${counted(found.length, 'schedule')}</p></div>
<div class="toolbar"><form class="filters" method="get" action="${links.schedules()}">
${selectField(
  { name: 'batch', label: 'Batch', all: 'all batches', value: query.batch },
  batches.map((name) => [name, name]),
)}
${selectField(
  { name: 'state', label: 'State', all: 'any state', value: query.state },
  SCHEDULE_STATES.map((name) => [name, name]),
)}
<button type="submit">Show</button>
</form></div>`
  const live = html`<section class="panel" aria-label="Schedules">${
    shown.length === 0
      ? html`<p class="muted">${Object.keys(query).length === 0 ? 'Nothing is scheduled.' : 'No schedule fits.'}</p>`
      : html`<ul class="rows schedules">${shown.map((row, index) => scheduleRow(row, ticks[index]!, { query, context }))}</ul>`
  }</section>${found.length > skip + PAGE ? pager(links.schedules({ ...query, skip: skip + PAGE }), 'More') : nothing}`
  return layout({ title: 'Schedules', section: 'schedules', head, live }, context)
}

const fits = <Value>(wanted: Value | undefined, value: Value | undefined): boolean =>
  wanted === undefined || wanted === value

function stateOf(schedule: ScheduledJob, states: ReadonlyMap<string, 'paused' | 'running'>): ScheduleState {
  return saidOf(schedule, states) ?? (schedule.enabled ? 'running' : 'stopped')
}

function scheduleRow(
  schedule: ListedSchedule,
  ticks: readonly Tick[],
  { query, context }: { readonly query: SchedulesQuery; readonly context: PageContext },
): Markup {
  const { job, batch, cron, timeZone, offsetMs } = schedule
  return html`<li class="row">
<span class="row-main"><span class="row-title">${job}</span>${
    batch === undefined
      ? html`<span class="row-sub">all batches</span>`
      : html`<a class="row-sub" href="${links.batch(batch)}">${batch}</a>`
  }<code>${cron}</code><span class="row-sub">${timeZone.replaceAll('_', ' ')}${when(offsetMs > 0, () => html`, ${formatDuration(offsetMs)} later`)}</span></span>
<span class="row-side">${stateLabel(schedule)}${stateForm(schedule, query)}</span>
<span class="row-text">${nextTicks(schedule, context)}</span>
${when(ticks.length > 0, () => html`<span class="schedule-foot">${outcomes(ticks, context)}</span>`)}
</li>`
}

function stateLabel({ state, file }: ListedSchedule): Markup {
  const symbol = { running: '●', paused: '‖', stopped: '○' }[state]
  const by = state === 'running' && file === 'STOPPED' ? ', resumed by hand' : ''
  return html`<span class="status schedule-${state}"><span aria-hidden="true">${symbol}</span> ${state}${by}</span>`
}

function nextTicks({ next, state, problem }: ListedSchedule, context: PageContext): Markup {
  if (problem !== undefined) return html`<span class="problem">${context.redact(problem)}</span>`
  if (state === 'paused') return html`<span class="muted">Does not fire until it is resumed.</span>`
  if (state === 'stopped') return html`<span class="muted">Its file says STOPPED.</span>`
  const { now, timeZone } = momentOf(context)
  const [first, ...later] = next
  if (first === undefined) return html`<span class="muted">Never fires again.</span>`
  return html`next ${relativeTime(first, now, timeZone)}${later.map((tick) => html`, ${exactTime(tick, timeZone)}`)}`
}

/** Oldest first, as time goes. */
function outcomes(ticks: readonly Tick[], context: PageContext): Markup {
  const { timeZone } = momentOf(context)
  return html`<ol class="ticks" aria-label="Last ticks">${ticks
    .toReversed()
    .map(({ at, outcome, runId, reason }) => {
      const { symbol, style } = OUTCOMES[outcome]
      const mark = html`<span aria-hidden="true">${symbol}</span><span class="hidden-label">${outcome}</span>`
      const title = `${outcome} ${new Date(at).toISOString()}${reason === undefined ? '' : `: ${context.redact(reason)}`}`
      return html`<li class="status-${style}" title="${title}">${runId === undefined ? mark : html`<a href="${links.run(runId)}">${mark}</a>`}</li>`
    })}</ol><span class="muted">${ticks[0]!.outcome} ${exactTime(ticks[0]!.at, timeZone)}${ticks[0]!.reason === undefined ? nothing : html`: ${context.redact(ticks[0]!.reason)}`}</span>`
}

function stateForm({ id, state }: ListedSchedule, query: SchedulesQuery): Markup {
  const [to, name] = state === 'running' ? ['paused', 'Pause'] : ['running', 'Resume']
  const fields = Object.entries({ ...query, schedule: id, to })
  return html`<form method="post" action="${links.scheduleState}">${fields.map(
    ([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`,
  )}<button type="submit">${name}</button></form>`
}

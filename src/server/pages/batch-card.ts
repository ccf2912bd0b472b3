import { html } from 'hono/html'
import { formatValue } from '../../charts/format-number.ts'
import { shownThreshold } from '../../config/policy-settings.ts'
import type { Batch } from '../../config/project.ts'
import type { BatchOverview } from '../views/batch-overview.ts'
import type { BatchRuns } from '../views/batch-runs.ts'
import { links } from './links.ts'
import { momentOf } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted, scoreLabel, statusLabel } from './status.ts'
import { relativeTime } from './times.ts'
import { trend } from './trend.ts'

export interface BatchCard {
  readonly batch: Batch
  readonly runs: BatchRuns
  /** Or why it could not be read. */
  readonly overview: BatchOverview | { readonly problem: string }
}

/** A batch in brief: its strangest metrics, its alerts, how fresh it is, and what failed. */
export function batchCard({ batch, overview, runs }: BatchCard, context: PageContext): Markup {
  const broken = 'problem' in overview
  const alerts = broken ? 0 : overview.alerts.length
  return html`<li class="card ${alerts > 0 ? 'card-alerting' : ''}">
<div class="card-head"><h2><a class="card-link" href="${links.batch(batch.name)}">${batch.name}</a></h2>${when(
    alerts > 0,
    () => html`<span class="badge badge-alert">${counted(alerts, 'alert')}</span>`,
  )}</div>
${broken ? html`<p class="problem">${overview.problem}</p>` : trends(batch, overview, runs, context)}
${failure(runs, context)}
<p class="card-foot">${broken ? nothing : html`<span>${counted(overview.metrics.length, 'metric')}</span>`}${freshness(overview, context)}${nextTick(runs, context)}</p>
</li>`
}

function trends(batch: Batch, overview: BatchOverview, runs: BatchRuns, context: PageContext): Markup {
  if (overview.metrics.length === 0) return html`<p class="muted">${emptyBatch(batch, runs, context)}</p>`
  const shown = overview.metrics.filter((metric) => overview.trends.has(metric.name))
  return html`<ul class="trends">${shown.map((metric) => {
    const series = overview.trends.get(metric.name)!
    const alerts = overview.alerts.filter((alert) => alert.metric === metric.name)
    return html`<li><p class="trend-head"><span class="trend-name" title="${metric.name}">${metric.name}</span><span class="trend-value">${formatValue(series.values.at(-1) ?? Number.NaN)}</span>${
      metric.learning === undefined
        ? scoreLabel(metric.score, shownThreshold(batch.settings))
        : html`<span class="score score-learning" title="learning, ${metric.learning.points} of ${metric.learning.needed} points">${metric.learning.points}/${metric.learning.needed}</span>`
    }</p>${trend(series, alerts)}</li>`
  })}</ul>`
}

function failure({ latest }: BatchRuns, context: PageContext): Markup {
  const failed = latest.find((run) => run.status === 'failed')
  if (failed === undefined) return nothing
  return html`<p class="failure"><a href="${links.run(failed.id)}">${statusLabel('failed')} ${failed.job}</a> <span class="clip">${context.redact(failed.error?.message ?? '')}</span></p>`
}

function freshness(overview: BatchCard['overview'], context: PageContext): Markup {
  if ('problem' in overview || overview.newest === undefined) return nothing
  const { now, timeZone } = momentOf(context)
  return html`<span>newest ${relativeTime(overview.newest, now, timeZone)}</span>`
}

function nextTick({ schedules }: BatchRuns, context: PageContext): Markup {
  const next = schedules.filter((tick) => tick.next !== undefined).sort((a, b) => a.next! - b.next!)[0]
  if (next === undefined) return html`<span>no schedule runs</span>`
  const { now, timeZone } = momentOf(context)
  return html`<span>${next.job} ${relativeTime(next.next!, now, timeZone)}</span>`
}

/** Why a batch has nothing to show yet, and what will change that. */
export function emptyBatch(batch: Batch, { schedules, latest }: BatchRuns, context: PageContext): Markup {
  const { now, timeZone } = momentOf(context)
  const last = latest.find((run) => run.job === 'ingest' || run.job === 'pipeline')
  if (last?.status === 'queued' || last?.status === 'running')
    return html`No data yet: the first ${last.job} is ${last.status}.`
  if (last?.status === 'failed') return html`No data yet: the last ${last.job} failed.`
  if (last !== undefined) return html`No data yet: the last ${last.job} brought no rows.`
  const ingest = schedules.find(
    (tick) => (tick.job === 'ingest' || tick.job === 'pipeline') && tick.next !== undefined,
  )
  if (ingest !== undefined)
    return html`No data yet: the first ${ingest.job} runs ${relativeTime(ingest.next!, now, timeZone)}.`
  return html`No data yet, and no ingest schedule runs. Set <code>ingest_default_schedule_status: RUNNING</code> in <code>${batch.file}</code>, or run it now.`
}

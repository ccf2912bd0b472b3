import { html } from 'hono/html'
import { shownThreshold } from '../../config/policy-settings.ts'
import type { Batch } from '../../config/project.ts'
import { AnomstackError } from '../../core/errors.ts'
import { DEFAULT_LAST_N, type LastN, parseLastN } from '../last-n.ts'
import { problemOf } from '../problem.ts'
import type { BatchOverview, MetricOverview } from '../views/batch-overview.ts'
import { loadSeries } from '../views/load-series.ts'
import type { MetricSeries } from '../views/metric-series.ts'
import { thresholdsOf } from '../views/metric-settings.ts'
import { emptyBatch } from './batch-card.ts'
import type { BatchQuery } from './batch-query.ts'
import { batchToolbar } from './batch-toolbar.ts'
import { layout } from './layout.ts'
import { legend } from './legend.ts'
import { lineageRow } from './lineage-row.ts'
import { links } from './links.ts'
import { alertList, momentOf, runList } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import { metricChart } from './metric-chart.ts'
import type { PageContext } from './page-context.ts'
import { counted, scoreLabel } from './status.ts'
import { relativeTime } from './times.ts'

const CHARTS = 10
const MOST_CHARTS = 500

/** The charts of a batch, the strangest metric first. A wrong time window is said beside its box, and the default shown. */
export async function batchPage(batch: Batch, query: BatchQuery, context: PageContext): Promise<Markup> {
  const { window, problem } = readWindow(query.last)
  const [overview, runs, lineage] = await Promise.all([
    context.overview(batch),
    context.runs(batch),
    // It is beside the point of the page, which is shown without it.
    context.lineage(batch).catch((error: unknown) => ({ problem: problemOf(error, context.redact).detail })),
  ])
  const found = search(overview, query)
  const shown = found.slice(0, Math.min(query.show ?? CHARTS, MOST_CHARTS))
  const series = await loadSeries(context.services, batch, {
    metrics: shown.map((metric) => metric.name),
    window,
  })
  const stale = overview.metrics.filter((metric) => metric.stale).length
  const { now, timeZone } = momentOf(context)
  const title = html`<nav class="crumbs" aria-label="Breadcrumb"><a href="${links.home}">Batches</a></nav>
<div class="title"><h1>${batch.name}</h1><p class="muted">${counted(overview.metrics.length, 'metric')} · ${counted(overview.alerts.length, 'alert')} in 7 days${
    overview.newest === undefined ? nothing : html` · newest ${relativeTime(overview.newest, now, timeZone)}`
  } · <code>${batch.file}</code></p></div>`
  const live = html`${
    overview.metrics.length === 0
      ? html`<section class="panel empty"><h2>Nothing to see yet</h2><p>${emptyBatch(batch, runs, context)}</p></section>`
      : html`${when(shown.length > 0, () => legend(series))}
<ul class="charts" aria-label="Metrics">${shown.map((metric, index) => chartCard({ batch, metric, series: series[index]!, query, context }))}</ul>
${when(shown.length === 0, () => html`<p class="panel muted">${noneFound(query, stale)}</p>`)}
${more(batch, query, { shown: shown.length, found: found.length, stale })}`
  }
${lineageRow(lineage, context)}
<div class="halves">
<section class="panel" aria-labelledby="alerts-title"><h2 id="alerts-title">Alerts of 7 days</h2>${
    overview.alerts.length === 0
      ? html`<p class="muted">None.</p>`
      : alertList(overview.alerts.slice(0, CHARTS), context)
  }<p><a class="more" href="${links.alerts({ batch: batch.name })}">All alerts of this batch</a></p></section>
<section class="panel" aria-labelledby="jobs-title"><h2 id="jobs-title">Newest run of each job</h2>${
    runs.latest.length === 0 ? html`<p class="muted">Nothing has run yet.</p>` : runList(runs.latest, context)
  }<p><a class="more" href="${links.runs({ batch: batch.name })}">All runs of this batch</a></p></section>
</div>`
  const head = html`${title}${batchToolbar(batch, query, problem)}`
  return layout({ title: batch.name, section: 'batches', head, live }, context)
}

function readWindow(last: string | undefined): { readonly window: LastN; readonly problem?: string } {
  try {
    return { window: parseLastN(last) }
  } catch (error) {
    if (!(error instanceof AnomstackError)) throw error
    return { window: parseLastN(DEFAULT_LAST_N), problem: error.problem }
  }
}

function search({ metrics }: BatchOverview, query: BatchQuery): readonly MetricOverview[] {
  const wanted = query.search?.toLowerCase() ?? ''
  return metrics.filter(
    (metric) => (query.stale === true || !metric.stale) && metric.name.toLowerCase().includes(wanted),
  )
}

function chartCard(card: {
  readonly batch: Batch
  readonly metric: MetricOverview
  readonly series: MetricSeries
  readonly query: BatchQuery
  readonly context: PageContext
}): Markup {
  const { batch, metric, series } = card
  const { now, timeZone } = momentOf(card.context)
  const source = links.series(batch.name, { metric: metric.name, last: card.query.last })
  return html`<li class="card chart-card">
<div class="card-head"><h2 title="${metric.name}">${metric.name}</h2>${when(
    metric.alerts > 0,
    () => html`<span class="badge badge-alert">${counted(metric.alerts, 'alert')}</span>`,
  )}${judgement(metric, batch)}</div>
<figure data-series="${source}">${metricChart(series, {
    size: 'small',
    scoreThreshold: shownThreshold(batch.settings),
    thresholds: thresholdsOf(batch, metric.name),
    timeZone,
  })}<output class="readout"></output></figure>
${when(metric.stale, () => html`<p class="muted">No rows since ${relativeTime(metric.newest, now, timeZone)}.</p>`)}
</li>`
}

function judgement(metric: MetricOverview, batch: Batch): Markup {
  if (metric.learning !== undefined)
    return html`<span class="badge badge-learning">learning, ${metric.learning.points} of ${metric.learning.needed} points</span>`
  if (metric.score === undefined) return html`<span class="badge">not scored yet</span>`
  return scoreLabel(metric.score, shownThreshold(batch.settings))
}

function noneFound({ search: wanted }: BatchQuery, stale: number): Markup {
  if (wanted !== undefined && wanted !== '') return html`No metric has “${wanted}” in its name.`
  return html`${counted(stale, 'metric')}, all without recent rows.`
}

function more(
  batch: Batch,
  query: BatchQuery,
  counts: { readonly shown: number; readonly found: number; readonly stale: number },
): Markup {
  const href = (change: { readonly show?: number; readonly stale?: number }): string =>
    links.batch(batch.name, {
      last: query.last,
      q: query.search,
      show: query.show,
      ...(query.stale === true ? { stale: 1 } : {}),
      ...change,
    })
  const next = Math.min(CHARTS, counts.found - counts.shown)
  return html`<p class="more-bar">${when(next > 0 && counts.shown < MOST_CHARTS, () => html`<a class="button" id="more" href="${href({ show: counts.shown + CHARTS })}">Show ${next} more of ${counts.found}</a>`)}${when(
    counts.stale > 0 && query.stale !== true,
    () =>
      html`<a class="button button-quiet" id="stale" href="${href({ stale: 1 })}">Show ${counted(counts.stale, 'metric')} without rows for ${counted(batch.settings.dashboard_stale_metric_max_days_ago, 'day')}</a>`,
  )}</p>`
}

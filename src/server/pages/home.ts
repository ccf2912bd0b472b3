import { html } from 'hono/html'
import type { Batch } from '../../config/project.ts'
import { problemOf } from '../problem.ts'
import { shownFaults } from '../rest/config.ts'
import { type BatchCard, batchCard } from './batch-card.ts'
import { faultsPanel } from './faults-panel.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import { alertList, runList } from './lists.ts'
import { type Markup, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted } from './status.ts'

const RECENT = 8

/** All batches, those first that need attention; recent alerts and runs beside them. */
export async function homePage(context: PageContext): Promise<Markup> {
  const { control } = context.services
  const project = context.services.project()
  const batches = [...project.batches.values()].filter((batch) => !batch.settings.disable_dashboard)
  const [cards, alerts, runs] = await Promise.all([
    Promise.all(batches.map((batch) => loadCard(batch, context))),
    control.alerts.list({ limit: RECENT }),
    control.runs.list({ limit: RECENT }),
  ])
  cards.sort(byAttention)
  const live = html`<div class="title"><h1>Batches</h1><p class="muted">${summaryOf(cards)}</p></div>
${faultsPanel(shownFaults(context))}
${
  cards.length === 0
    ? html`<section class="panel empty"><h2>No metric batches yet</h2>
<p>A batch is a YAML file that says what to measure, when, and how to judge it. The project's batches live in <code>${project.metricsDir}</code>.</p>
<p>To begin with a commented starter project, run <code>anomstack init</code>, then start again.</p></section>`
    : html`<div class="columns"><ul class="cards" aria-label="Batches">${cards.map((card) => batchCard(card, context))}</ul>
<aside>
<section class="panel" aria-labelledby="alerts-title"><h2 id="alerts-title">Recent alerts</h2>
${alerts.length === 0 ? html`<p class="muted">Nothing strange so far.</p>` : alertList(alerts, context)}
${when(alerts.length === RECENT, () => html`<p><a class="more" href="${links.alerts()}">All alerts</a></p>`)}</section>
<section class="panel" aria-labelledby="runs-title"><h2 id="runs-title">Recent runs</h2>
${runs.length === 0 ? html`<p class="muted">Nothing has run yet.</p>` : runList(runs, context)}
${when(runs.length === RECENT, () => html`<p><a class="more" href="${links.runs()}">All runs</a></p>`)}</section>
</aside></div>`
}`
  return layout({ title: 'Batches', section: 'batches', head: html``, live }, context)
}

async function loadCard(batch: Batch, context: PageContext): Promise<BatchCard> {
  const [runs, overview] = await Promise.all([
    context.runs(batch),
    context.overview(batch).catch((error: unknown) => ({ problem: problemOf(error, context.redact).detail })),
  ])
  return { batch, runs, overview }
}

/** The newest alert first, then batches that cannot be read or whose last run failed, then the strangest newest score, then the name. */
function byAttention(a: BatchCard, b: BatchCard): number {
  return (
    newestAlert(b) - newestAlert(a) ||
    Number(isFailing(b)) - Number(isFailing(a)) ||
    strangest(b) - strangest(a) ||
    (a.batch.name < b.batch.name ? -1 : 1)
  )
}

const newestAlert = ({ overview }: BatchCard): number =>
  'problem' in overview ? 0 : Math.max(0, ...overview.alerts.slice(0, 1).map((alert) => alert.timestamp))

const isFailing = ({ overview, runs }: BatchCard): boolean =>
  'problem' in overview || runs.latest.some((run) => run.status === 'failed')

const strangest = ({ overview }: BatchCard): number =>
  'problem' in overview
    ? 0
    : overview.metrics.reduce((most, metric) => Math.max(most, metric.stale ? 0 : (metric.score ?? 0)), 0)

function summaryOf(cards: readonly BatchCard[]): string {
  const overviews = cards.flatMap(({ overview }) => ('problem' in overview ? [] : [overview]))
  const sum = (count: (overview: (typeof overviews)[number]) => number): number =>
    overviews.reduce((total, overview) => total + count(overview), 0)
  return [
    counted(cards.length, 'batch', 'batches'),
    counted(
      sum((overview) => overview.metrics.length),
      'metric',
    ),
    `${counted(
      sum((overview) => overview.alerts.length),
      'alert',
    )} in 7 days`,
  ].join(' · ')
}

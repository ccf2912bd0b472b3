import { html } from 'hono/html'
import type { Alert, Delivery } from '../../alerts/alert.ts'
import { formatValue } from '../../charts/format-number.ts'
import { shownThreshold } from '../../config/policy-settings.ts'
import type { Batch } from '../../config/project.ts'
import { AnomstackError } from '../../core/errors.ts'
import { problemOf } from '../problem.ts'
import { deliveryBody } from '../rest/bodies.ts'
import { loadAlertWindow } from '../views/alert-window.ts'
import { tagsOf, thresholdsOf } from '../views/metric-settings.ts'
import { layout } from './layout.ts'
import { legend } from './legend.ts'
import { links } from './links.ts'
import { momentOf } from './lists.ts'
import { kindLabel } from './mark.ts'
import { type Markup, nothing, when } from './markup.ts'
import { metricChart } from './metric-chart.ts'
import type { PageContext } from './page-context.ts'
import { statusLabel } from './status.ts'
import { exactTime, relativeTime } from './times.ts'

/** An alert: the metric around it, why it was raised, and where it was sent. */
export async function alertPage(alert: Alert, context: PageContext): Promise<Markup> {
  const batch = context.services.project().batches.get(alert.batch)
  const [deliveries, chart] = await Promise.all([
    context.services.control.alerts.deliveries({ alertId: alert.id, limit: 100 }),
    alertChart(alert, batch, context),
  ])
  const { now, timeZone } = momentOf(context)
  const head = html`<nav class="crumbs" aria-label="Breadcrumb"><a href="${links.home}">Batches</a><a href="${links.batch(alert.batch)}">${alert.batch}</a></nav>
<div class="title"><h1>${alert.metric}</h1><p class="muted">${kindLabel(alert.kind)} at ${exactTime(alert.timestamp, timeZone)}, ${relativeTime(alert.timestamp, now, timeZone)}</p></div>`
  const live = html`<p class="reason">${context.redact(alert.reason)}</p>
<section class="card chart-card" aria-label="Chart">${chart}</section>
<p><a class="more" href="${links.alertPicture(alert.id)}">Picture (PNG)</a></p>
<div class="halves">
<section class="panel" aria-labelledby="facts-title"><h2 id="facts-title">Facts</h2>${facts(alert, batch, timeZone)}</section>
<section class="panel" aria-labelledby="deliveries-title"><h2 id="deliveries-title">Deliveries</h2>${deliveryTable(alert, deliveries, context)}</section>
</div>`
  return layout({ title: `${alert.metric} – alert`, section: 'alerts', head, live }, context)
}

async function alertChart(alert: Alert, batch: Batch | undefined, context: PageContext): Promise<Markup> {
  try {
    if (batch === undefined)
      throw new AnomstackError('NOT_FOUND', `batch "${alert.batch}" is not in the project any more`)
    const series = await loadAlertWindow(context.services, batch, alert)
    const query = {
      metric: alert.metric,
      from: series.timestamps[0] ?? alert.timestamp,
      to: series.timestamps.at(-1) ?? alert.timestamp,
    }
    return html`${legend([series])}<figure data-series="${links.series(batch.name, query)}">${metricChart(
      series,
      {
        size: 'large',
        scoreThreshold: shownThreshold(batch.settings),
        thresholds: thresholdsOf(batch, alert.metric),
        timeZone: momentOf(context).timeZone,
        highlight: alert.id,
      },
    )}<output class="readout"></output></figure>`
  } catch (error) {
    return html`<p class="problem">${problemOf(error, context.redact).detail}</p>`
  }
}

function facts(alert: Alert, batch: Batch | undefined, timeZone: string): Markup {
  const { lower, upper, expected } = alert.details
  const fact = (name: string, value: Markup | string): Markup =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`
  return html`<dl class="facts">
${fact('Value', formatValue(alert.value))}
${typeof expected === 'number' ? fact('Expected', formatValue(expected)) : nothing}
${typeof lower === 'number' && typeof upper === 'number' ? fact('Expected range', `${formatValue(lower)} to ${formatValue(upper)}`) : nothing}
${alert.score === undefined ? nothing : fact('Score', alert.score.toFixed(3))}
${fact('Raised', exactTime(alert.raisedAt, timeZone))}
${alert.revisedAt === undefined ? nothing : fact('Revised', html`${exactTime(alert.revisedAt, timeZone)}: the value was restated and no longer looks wrong`)}
${alert.recoveredAt === undefined ? nothing : fact('Over since', exactTime(alert.recoveredAt, timeZone))}
${when(alert.replayed, () => fact('Replayed', 'found by a replay of history, so it was not sent to anyone'))}
${Object.entries(tagsOf(batch, alert.metric)).map(([tag, value]) => fact(tag, String(value)))}
</dl>`
}

function deliveryTable(alert: Alert, deliveries: readonly Delivery[], context: PageContext): Markup {
  if (deliveries.length === 0)
    return html`<p class="muted">${alert.replayed ? 'Alerts of a replay are not sent.' : 'This alert was not sent to any channel.'}</p>`
  const { now, timeZone } = momentOf(context)
  return html`<ul class="rows">${deliveries
    .map((delivery) => deliveryBody(delivery, context.redact))
    .map(
      (delivery) => html`<li class="row">
<span class="row-main"><span class="row-title">${delivery.channel}</span></span>
<span class="row-side">${statusLabel(delivery.status)}${
        delivery.deliveredAt === undefined
          ? when(
              delivery.status === 'pending' && delivery.attempts > 0,
              () => html`<span>again ${relativeTime(delivery.dueAt, now, timeZone)}</span>`,
            )
          : relativeTime(delivery.deliveredAt, now, timeZone)
      }</span>
${delivery.problem === undefined ? nothing : html`<span class="row-text ${delivery.status === 'dead' ? 'problem' : 'muted'}">${delivery.problem}</span>`}
${when(
  delivery.status === 'dead' || delivery.status === 'skipped',
  () =>
    html`<form class="row-action" method="post" action="${links.retryDelivery(alert.id)}"><input type="hidden" name="delivery" value="${delivery.id}"><button type="submit">Send again</button></form>`,
)}
</li>`,
    )}</ul>`
}

import { html } from 'hono/html'
import type { MetricSeries } from '../views/metric-series.ts'
import { kindLabel } from './mark.ts'
import { type Markup, when } from './markup.ts'

/** What the lines and shapes in a set of charts mean; only what occurs in them. */
export function legend(shown: readonly MetricSeries[]): Markup {
  const kinds = new Set(shown.flatMap((series) => series.alerts.map((alert) => alert.kind)))
  const has = (column: 'scores' | 'lower'): boolean =>
    shown.some((series) => series[column].some((value) => !Number.isNaN(value)))
  return html`<ul class="legend" aria-label="Legend">
<li><span class="swatch swatch-value"></span>Value</li>
${when(has('lower'), () => html`<li><span class="swatch swatch-band"></span>Expected range</li>`)}
${when(has('scores'), () => html`<li><span class="swatch swatch-score"></span>Score</li>`)}
${[...kinds].map((kind) => html`<li>${kindLabel(kind)}</li>`)}
</ul>`
}

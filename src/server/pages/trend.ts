import { html } from 'hono/html'
import { linearScale } from '../../charts/scale.ts'
import type { Series } from '../../core/series.ts'
import type { AlertMark } from '../views/metric-series.ts'
import { columnArea, columnPath } from './chart-paths.ts'
import { markAt } from './mark.ts'
import type { Markup } from './markup.ts'

const WIDTH = 400
const HEIGHT = 40
const PAD = 5

/** A series as a small line without axes, as wide as its place, with its alerts on it. */
export function trend(
  { timestamps, values }: Series,
  alerts: readonly Pick<AlertMark, 'timestamp' | 'kind'>[],
): Markup {
  const first = timestamps[0]
  const last = timestamps.at(-1)
  if (first === undefined || last === undefined || last === first)
    return html`<span class="trend" aria-hidden="true"></span>`
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const x = linearScale([first, last], [0, WIDTH])
  const y = linearScale([low, high], [HEIGHT - PAD, PAD])
  const column = { timestamps, numbers: values, x, y }
  const marks = alerts.flatMap(({ timestamp, kind }) => {
    const index = timestamps.indexOf(timestamp)
    if (index < 0) return []
    return [
      html`<svg x="${(x(timestamp) / (WIDTH / 100)).toFixed(2)}%" y="${y(values[index]!).toFixed(1)}" overflow="visible">${markAt(kind, 4)}</svg>`,
    ]
  })
  return html`<svg class="trend" width="100%" height="${HEIGHT}" aria-hidden="true"><svg width="100%" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="trend-area" d="${columnArea(column, HEIGHT)}"/><path class="trend-line" vector-effect="non-scaling-stroke" d="${columnPath(column)}"/></svg>${marks}</svg>`
}

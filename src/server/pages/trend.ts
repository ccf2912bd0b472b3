import { html } from 'hono/html'
import type { Series } from '../../core/series.ts'
import type { Markup } from './markup.ts'

const WIDTH = 120
const HEIGHT = 28
const PAD = 3

/** A series as a small line without axes; stretched to the width of its place. */
export function trend({ timestamps, values }: Series): Markup {
  const count = values.length
  if (count < 2) return html`<span class="trend trend-empty" aria-hidden="true"></span>`
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  const start = timestamps[0]!
  const span = timestamps[count - 1]! - start || 1
  const x = (index: number): string => (((timestamps[index]! - start) / span) * WIDTH).toFixed(1)
  const y = (index: number): string =>
    high === low
      ? (HEIGHT / 2).toFixed(1)
      : (HEIGHT - PAD - ((values[index]! / 2 - low / 2) / (high / 2 - low / 2)) * (HEIGHT - 2 * PAD)).toFixed(1)
  let line = ''
  for (let index = 0; index < count; index++) line += `${index === 0 ? 'M' : 'L'}${x(index)} ${y(index)}`
  return html`<svg class="trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path class="trend-area" d="${line}V${HEIGHT}H0Z"/><path class="trend-line" vector-effect="non-scaling-stroke" d="${line}"/></svg>`
}

import { html } from 'hono/html'
import { formatTicks, formatValue } from '../../charts/format-number.ts'
import { linearScale, type Scale, valueDomain } from '../../charts/scale.ts'
import { niceAxis } from '../../charts/ticks.ts'
import { formatTime, timeTicks } from '../../charts/time-ticks.ts'
import type { AlertMark, MetricSeries } from '../views/metric-series.ts'
import { columnArea, columnPath, rangePath } from './chart-paths.ts'
import { links } from './links.ts'
import { kindName, markAt } from './mark.ts'
import { type Markup, when } from './markup.ts'

export interface ChartOptions {
  readonly size: 'small' | 'large'
  /** Score at which an alert is raised, 0..1. */
  readonly scoreThreshold: number
  /** Bounds of the value itself, where the batch has some. */
  readonly thresholds: { readonly lower?: number; readonly upper?: number }
  readonly timeZone: string
  /** Id of the alert that the page is about: drawn with a halo. */
  readonly highlight?: string
}

/** Horizontal units of the stretched drawings; vertical units are CSS pixels. */
const WIDTH = 1000
const SIZES = {
  small: {
    top: 14,
    bottom: 132,
    scoreTop: 150,
    scoreBottom: 186,
    axis: 206,
    height: 212,
    times: 4,
    ticks: 3,
  },
  large: {
    top: 16,
    bottom: 300,
    scoreTop: 326,
    scoreBottom: 396,
    axis: 418,
    height: 426,
    times: 7,
    ticks: 5,
  },
} as const

interface Drawing {
  readonly series: MetricSeries
  readonly options: ChartOptions
  readonly size: (typeof SIZES)[ChartOptions['size']]
  readonly x: Scale
  readonly y: Scale
  /** Where a time lies across the whole width, as CSS writes it. */
  readonly across: (timestamp: number) => string
}

/** A metric with its expected range, its score below, and its alerts by shape. The width follows the page; texts and shapes keep their size. */
export function metricChart(series: MetricSeries, options: ChartOptions): Markup {
  const { timestamps } = series
  const first = timestamps[0]
  const last = timestamps.at(-1)
  if (first === undefined || last === undefined)
    return html`<p class="chart-empty">No points in this window.</p>`
  const size = SIZES[options.size]
  const [from, to] = last > first ? [first, last] : [first - 1, first + 1]
  const axis = niceAxis(
    ...(valueDomain({ ...series, title: '', thresholds: options.thresholds }) ?? ([0, 1] as const)),
    size.ticks,
  )
  const x = linearScale([from, to], [0, WIDTH])
  const y = linearScale([axis.low, axis.high], [size.bottom, size.top])
  const across = (timestamp: number): string => `${(x(timestamp) / (WIDTH / 100)).toFixed(2)}%`
  const drawing: Drawing = { series, options, size, x, y, across }
  return html`<svg class="chart" width="100%" height="${size.height}" role="img" aria-label="${describe(series, options)}">
<rect class="score-panel" x="0" y="${size.scoreTop}" width="100%" height="${size.scoreBottom - size.scoreTop}" rx="3"/>
${timeAxis(drawing, [from, to])}${valueGrid(drawing, axis.ticks)}
${series.alerts.map((alert) => html`<line class="alert-line alert-${alert.kind}" x1="${across(alert.timestamp)}" x2="${across(alert.timestamp)}" y1="${size.top}" y2="${size.scoreBottom}"/>`)}
<svg width="100%" height="${size.height}" viewBox="0 0 ${WIDTH} ${size.height}" preserveAspectRatio="none">${valueLines(drawing)}${scoreLines(drawing)}</svg>
${valueLabels(drawing, axis.ticks)}
${series.alerts.map((alert) => alertMark(alert, drawing))}
</svg>`
}

function timeAxis({ size, x, across, options }: Drawing, [from, to]: readonly [number, number]): Markup[] {
  return timeTicks(from, to, { count: size.times, timeZone: options.timeZone }).map(
    ({ timestamp, label }) => {
      const share = x(timestamp) / WIDTH
      const anchor = share < 0.08 ? 'start' : share > 0.92 ? 'end' : 'middle'
      return html`<line class="grid" x1="${across(timestamp)}" x2="${across(timestamp)}" y1="${size.top}" y2="${size.scoreBottom}"/><text class="tick" x="${across(timestamp)}" y="${size.axis}" text-anchor="${anchor}">${label}</text>`
    },
  )
}

function valueGrid({ y }: Drawing, ticks: readonly number[]): Markup[] {
  return ticks.map(
    (tick) =>
      html`<line class="grid" x1="0" x2="100%" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>`,
  )
}

function valueLabels({ y, size, options }: Drawing, ticks: readonly number[]): Markup {
  const labels = formatTicks(ticks)
  return html`${ticks.map((tick, index) => html`<text class="tick" x="-8" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end">${labels[index]}</text>`)}<text class="tick" x="-8" y="${(size.scoreTop + size.scoreBottom) / 2 + 4}" text-anchor="end">score</text>${when(
    options.size === 'large',
    () =>
      html`<text class="tick" x="100%" dx="-4" y="${size.scoreTop + 12}" text-anchor="end">alerts from ${options.scoreThreshold}</text>`,
  )}`
}

function valueLines({ series, options, x, y }: Drawing): Markup {
  const { timestamps, values, expected } = series
  const bounds = [options.thresholds.lower, options.thresholds.upper].filter((bound) => bound !== undefined)
  return html`<path class="band" d="${rangePath({ timestamps, x, y }, series)}"/>${bounds.map((bound) => across(y(bound), 'bound'))}<path class="expected" vector-effect="non-scaling-stroke" d="${columnPath({ timestamps, numbers: expected, x, y })}"/><path class="value" vector-effect="non-scaling-stroke" d="${columnPath({ timestamps, numbers: values, x, y })}"/>`
}

function scoreLines({ series, options, size, x }: Drawing): Markup {
  const { timestamps, scores, smoothed } = series
  const y = linearScale([0, 1], [size.scoreBottom, size.scoreTop])
  return html`<path class="score-area" d="${columnArea({ timestamps, numbers: scores, x, y }, size.scoreBottom)}"/><path class="score" vector-effect="non-scaling-stroke" d="${columnPath({ timestamps, numbers: smoothed, x, y })}"/>${across(y(options.scoreThreshold), 'score-threshold')}`
}

const across = (y: number, name: string): Markup =>
  html`<line class="${name}" vector-effect="non-scaling-stroke" x1="0" x2="${WIDTH}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`

function alertMark(alert: AlertMark, drawing: Drawing): Markup {
  const { series, options, size } = drawing
  const value = series.values[series.timestamps.indexOf(alert.timestamp)] ?? Number.NaN
  const y = Number.isNaN(value) ? size.bottom - 8 : drawing.y(value)
  const number = Number.isNaN(value) ? '' : `: ${formatValue(value)}`
  const title = `${kindName(alert.kind)}, ${formatTime(alert.timestamp, options.timeZone)}${number}`
  const highlighted = alert.id !== null && alert.id === options.highlight
  const shape = html`<svg x="${drawing.across(alert.timestamp)}" y="${y.toFixed(1)}" overflow="visible"><title>${title}</title><circle class="${highlighted ? `halo alert-${alert.kind}` : 'touch'}" r="12"/>${markAt(alert.kind, 5)}</svg>`
  return alert.id === null || highlighted
    ? shape
    : html`<a href="${links.alert(alert.id)}" aria-label="${title}">${shape}</a>`
}

function describe(series: MetricSeries, options: ChartOptions): string {
  const last = series.values.findLast((value) => !Number.isNaN(value))
  const from = formatTime(series.timestamps[0]!, options.timeZone)
  const to = formatTime(series.timestamps.at(-1)!, options.timeZone)
  const newest = last === undefined ? '' : ` Newest value ${formatValue(last)}.`
  return `${series.metric} from ${from} to ${to}.${newest} Alerts: ${series.alerts.length}.`
}

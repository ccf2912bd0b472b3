import { drawTimeAxis, drawValueAxis } from './axes.ts'
import { formatTicks } from './format-number.ts'
import { type Layout, layOut } from './layout.ts'
import { drawLegend } from './legend.ts'
import { longestStep } from './line-path.ts'
import { drawMarks } from './marks.ts'
import { linearScale, valueDomain } from './scale.ts'
import { drawScorePanel } from './score-panel.ts'
import type { SeriesChart } from './series-chart.ts'
import { element, escapeXml, px, textElement } from './svg.ts'
import { fitText, textWidth } from './text-width.ts'
import { PALETTES, type Palette } from './theme.ts'
import { niceAxis } from './ticks.ts'
import { timeTicks } from './time-ticks.ts'
import { knownTimeZone } from './time-zone.ts'
import { drawValuePanel } from './value-panel.ts'

const FONT = "Inter, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"

/** First and last timestamp; widened when they are one, the first day of the epoch when there is none. */
function spanOf({ timestamps }: SeriesChart): readonly [number, number] {
  const first = timestamps[0] ?? 0
  const last = timestamps[timestamps.length - 1] ?? first
  return last > first ? [first, last] : [first - 43_200_000, first + 43_200_000]
}

function drawHead(layout: Layout, palette: Palette, timeZone: string): string {
  const { padding, width, fontSize, titleSize } = layout
  const zone = timeZone === 'UTC' ? 'UTC' : timeZone.replaceAll('_', ' ')
  const room = width - padding * 2
  const title = fitText(layout.title, room, { size: titleSize, weight: 'bold' })
  const subtitle = fitText(layout.subtitle, room, { size: fontSize })
  return (
    (title === ''
      ? ''
      : textElement(title, {
          x: padding,
          y: layout.titleY,
          fill: palette.title,
          'font-size': titleSize,
          'font-weight': '700',
        })) +
    (subtitle === ''
      ? ''
      : textElement(subtitle, {
          x: padding,
          y: layout.subtitleY,
          fill: palette.muted,
          'font-size': fontSize,
        })) +
    (layout.showLegend
      ? textElement(zone, {
          x: width - padding,
          y: layout.legendY,
          'text-anchor': 'end',
          fill: palette.muted,
          'font-size': layout.smallSize,
        })
      : '')
  )
}

/** One metric as an SVG document: values with their expected range, marks, and the scores below. Every text in it is escaped. */
export function drawSeries(chart: SeriesChart): string {
  const palette = PALETTES[chart.theme ?? 'light']
  const timeZone = knownTimeZone(chart.timeZone)
  const domain = valueDomain(chart)
  // The labels' width decides the plot's width, and the plot's height the number of labels: two passes.
  const rough = layOut(chart, (size) => size * 3)
  const axis = niceAxis(
    ...(domain ?? [0, 1]),
    Math.min(7, Math.max(2, Math.round((rough.values.bottom - rough.values.top) / (rough.fontSize * 4.2)))),
  )
  const labels = formatTicks(axis.ticks)
  const layout = layOut(
    chart,
    (size) => Math.max(...labels.map((label) => textWidth(label, size))) + size * 0.9,
  )
  const { values: box, scores: scoreBox } = layout
  const boxes = scoreBox === undefined ? [box] : [box, scoreBox]
  const span = spanOf(chart)
  const inset = layout.fontSize * 0.6
  const x = linearScale(span, [box.left + inset, box.right - inset])
  const y = linearScale([axis.low, axis.high], [box.bottom, box.top])
  const look = {
    layout,
    palette,
    x,
    y,
    domain: [axis.low, axis.high] as const,
    longest: longestStep(chart.timestamps),
    timeZone,
    span,
  }
  const ticks = timeTicks(...span, {
    count: Math.max(2, (box.right - box.left) / (layout.fontSize * 7.5)),
    timeZone,
  })
  const body =
    element('rect', { width: layout.width, height: layout.height, fill: palette.background }) +
    drawHead(layout, palette, timeZone) +
    drawLegend(chart, layout, palette) +
    (chart.timestamps.length === 0 ? '' : drawTimeAxis(boxes, { ticks, x, timeZone }, look)) +
    drawValueAxis(
      box,
      domain === undefined ? { ticks: [0], labels: [''], y } : { ticks: axis.ticks, labels, y },
      look,
    ) +
    (domain === undefined
      ? textElement('No data', {
          x: (box.left + box.right) / 2,
          y: (box.top + box.bottom) / 2,
          'text-anchor': 'middle',
          fill: palette.muted,
          'font-size': layout.fontSize * 1.2,
        })
      : drawValuePanel(chart, box, look)) +
    (scoreBox === undefined ? '' : drawScorePanel(chart, scoreBox, look)) +
    drawMarks(chart, boxes, look)
  const size = `width="${px(layout.width)}" height="${px(layout.height)}" viewBox="0 0 ${px(layout.width)} ${px(layout.height)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeXml(layout.title)}" font-family="${escapeXml(FONT)}">${body}</svg>`
}

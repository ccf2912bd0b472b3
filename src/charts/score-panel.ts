import { drawValueAxis } from './axes.ts'
import type { Box, Layout } from './layout.ts'
import { linePath, segmentsOf } from './line-path.ts'
import { linearScale, type Scale } from './scale.ts'
import type { Numbers, SeriesChart } from './series-chart.ts'
import { element, px, textElement } from './svg.ts'
import type { Palette } from './theme.ts'

/** The scores over time on 0..1, raw and as judged, with the threshold. */
export function drawScorePanel(
  chart: SeriesChart,
  box: Box,
  look: { readonly layout: Layout; readonly palette: Palette; readonly x: Scale; readonly longest: number },
): string {
  const { layout, palette, x, longest } = look
  const y = linearScale([0, 1], [box.bottom, box.top])
  const ticks = box.bottom - box.top >= layout.fontSize * 5 ? [0, 0.5, 1] : [0, 1]
  const path = (numbers: Numbers, color: string, width: number): string => {
    const input = { timestamps: chart.timestamps, numbers, x, y }
    return segmentsOf(chart.timestamps, numbers, longest)
      .map((segment) => {
        const d = linePath(segment, input)
        // A single score between gaps has no line: a dot of the line's width stands for it.
        const dot = segment.end - segment.start === 1
        return element('path', {
          d: dot ? `${d}h0.01` : d,
          fill: 'none',
          stroke: color,
          'stroke-width': dot ? width * 2 : width,
          'stroke-linejoin': 'round',
          'stroke-linecap': 'round',
        })
      })
      .join('')
  }
  const threshold = chart.scoreThreshold
  const limit =
    threshold === undefined || !Number.isFinite(threshold)
      ? ''
      : element('rect', {
          x: box.left,
          y: box.top,
          width: box.right - box.left,
          height: Math.max(0, y(threshold) - box.top),
          fill: palette.marks.anomaly,
          'fill-opacity': '0.07',
        }) +
        element('path', {
          d: `M${px(box.left)} ${px(y(threshold))}H${px(box.right)}`,
          stroke: palette.marks.anomaly,
          'stroke-width': 1.2,
          'stroke-dasharray': '5 4',
          fill: 'none',
        })
  const heading = textElement('Anomaly score', {
    x: box.left,
    y: box.top - layout.fontSize * 0.6,
    fill: palette.muted,
    'font-size': layout.smallSize,
  })
  const note =
    limit === ''
      ? ''
      : textElement(`alerts from ${Number(threshold!.toFixed(3))}`, {
          x: box.right,
          y: box.top - layout.fontSize * 0.6,
          'text-anchor': 'end',
          fill: palette.muted,
          'font-size': layout.smallSize,
        })
  const axis = drawValueAxis(box, { ticks, labels: ticks.map(String), y }, { layout, palette })
  const smoothed = chart.smoothedScores
  const lines =
    smoothed === undefined
      ? path(chart.scores ?? [], palette.score, 1.8)
      : path(chart.scores ?? [], palette.scoreRaw, 1) + path(smoothed, palette.score, 2)
  return heading + note + limit + axis + lines
}

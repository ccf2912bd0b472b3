import { drawTimeAxis, drawValueAxis } from '../../src/charts/axes.ts'
import { formatTicks } from '../../src/charts/format-number.ts'
import { type Box, layOut } from '../../src/charts/layout.ts'
import { drawLegend } from '../../src/charts/legend.ts'
import { longestStep } from '../../src/charts/line-path.ts'
import { drawMarks } from '../../src/charts/marks.ts'
import { linearScale, type Scale, valueDomain } from '../../src/charts/scale.ts'
import { drawScorePanel } from '../../src/charts/score-panel.ts'
import type { SeriesChart } from '../../src/charts/series-chart.ts'
import { element, escapeXml, oneLine, px } from '../../src/charts/svg.ts'
import { textWidth } from '../../src/charts/text-width.ts'
import { PALETTES } from '../../src/charts/theme.ts'
import { niceAxis } from '../../src/charts/ticks.ts'
import { timeTicks } from '../../src/charts/time-ticks.ts'
import { drawValuePanel } from '../../src/charts/value-panel.ts'
import type { Outcome } from './evaluate.ts'
import { probationOf } from './nab.ts'

const WIDTH = 1000
const HEIGHT = 360

/** What the page's key explains: labelled windows, and the points that the NAB score does not look at. */
export const SHADES = {
  labelled: { fill: '#f59e0b', opacity: '0.25' },
  probation: { fill: '#64748b', opacity: '0.1' },
} as const

/** A series as the product draws it in its alerts, with the labelled windows and the probation period shaded behind it. */
export function drawOutcome({ labelled, windows, judged, alerts }: Outcome): string {
  const { timestamps, values } = labelled.series
  const chart: SeriesChart = {
    title: '',
    timestamps,
    values,
    expected: judged.expected,
    lower: judged.lower,
    upper: judged.upper,
    scores: judged.scores,
    smoothedScores: judged.levels,
    ...(judged.threshold === null ? {} : { scoreThreshold: judged.threshold }),
    marks: alerts.map((point) => ({ timestamp: timestamps[point]!, kind: 'anomaly' })),
    highlight: null,
    width: WIDTH,
    height: HEIGHT,
  }
  const palette = PALETTES.light
  const [low, high] = valueDomain(chart) ?? [0, 1]
  const axis = niceAxis(low, high, 5)
  const labels = formatTicks(axis.ticks)
  const layout = layOut(
    chart,
    (size) => Math.max(...labels.map((label) => textWidth(label, size))) + size * 0.9,
  )
  const { values: box, scores: scoreBox } = layout
  const boxes = scoreBox === undefined ? [box] : [box, scoreBox]
  const first = timestamps[0]!
  const last = timestamps.at(-1)!
  const span = last > first ? ([first, last] as const) : ([first - 1, first + 1] as const)
  const inset = layout.fontSize * 0.6
  const x = linearScale(span, [box.left + inset, box.right - inset])
  const y = linearScale([axis.low, axis.high], [box.bottom, box.top])
  const timeZone = 'UTC'
  const look = {
    layout,
    palette,
    x,
    y,
    domain: [axis.low, axis.high] as const,
    longest: longestStep(timestamps),
    timeZone,
    span,
  }
  const ticks = timeTicks(...span, { count: (box.right - box.left) / (layout.fontSize * 7.5), timeZone })
  const probation = probationOf(timestamps.length)
  const body =
    element('rect', { width: layout.width, height: layout.height, fill: palette.background }) +
    (probation === 0
      ? ''
      : shade(boxes, x, { from: first, to: timestamps[probation - 1]!, ...SHADES.probation })) +
    windows
      .map((window) =>
        shade(boxes, x, {
          from: timestamps[window.first]!,
          to: timestamps[window.last]!,
          ...SHADES.labelled,
        }),
      )
      .join('') +
    drawLegend(chart, layout, palette) +
    drawTimeAxis(boxes, { ticks, x, timeZone }, look) +
    drawValueAxis(box, { ticks: axis.ticks, labels, y }, look) +
    drawValuePanel(chart, box, look) +
    (scoreBox === undefined ? '' : drawScorePanel(chart, scoreBox, look)) +
    drawMarks(chart, boxes, look)
  const size = `width="${px(WIDTH)}" height="${px(HEIGHT)}" viewBox="0 0 ${px(WIDTH)} ${px(HEIGHT)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeXml(oneLine(labelled.name))}" font-family="Inter, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">${body}</svg>`
}

/** A stretch of time behind all panels; wide enough to be seen where it is one point. */
function shade(
  boxes: readonly Box[],
  x: Scale,
  stretch: { readonly from: number; readonly to: number; readonly fill: string; readonly opacity: string },
): string {
  const left = x(stretch.from)
  return boxes
    .map(({ top, bottom }) =>
      element('rect', {
        x: left - 1,
        y: top,
        width: x(stretch.to) - left + 2,
        height: bottom - top,
        fill: stretch.fill,
        'fill-opacity': stretch.opacity,
      }),
    )
    .join('')
}

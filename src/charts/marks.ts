import { drawCallout } from './callout.ts'
import { formatValue } from './format-number.ts'
import type { Box } from './layout.ts'
import { markShape } from './mark-shape.ts'
import { at, type ChartMark, type SeriesChart } from './series-chart.ts'
import { element, px } from './svg.ts'
import { MARK_NAMES } from './theme.ts'
import { formatTime } from './time-ticks.ts'
import type { ValueLook } from './value-panel.ts'

/** Beyond this many, a line per mark would be a fence in front of the data. */
const MOST_LINES = 40

/** Index of a timestamp among ascending ones, -1 when it is not there. */
function indexOf(timestamps: ArrayLike<number>, timestamp: number): number {
  let low = 0
  let high = timestamps.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (timestamps[middle] === timestamp) return middle
    if (timestamps[middle]! < timestamp) low = middle + 1
    else high = middle - 1
  }
  return -1
}

function highlighted(chart: SeriesChart, marks: readonly ChartMark[]): ChartMark | undefined {
  if (chart.highlight === null) return undefined
  if (chart.highlight === undefined) return marks.at(-1)
  return marks.findLast((mark) => mark.timestamp === chart.highlight)
}

/** Lines through every panel and shapes on the values, the highlighted one with its value, time and what was expected. */
export function drawMarks(
  chart: SeriesChart,
  boxes: readonly Box[],
  look: ValueLook & { readonly timeZone: string; readonly span: readonly [number, number] },
): string {
  const { layout, palette, x, y } = look
  const box = boxes[0]!
  const marks = (chart.marks ?? [])
    .filter(({ timestamp }) => timestamp >= look.span[0] && timestamp <= look.span[1])
    .toSorted((a, b) => a.timestamp - b.timestamp)
  const main = highlighted(chart, marks)
  const valueAt = (mark: ChartMark): number => at(chart.values, indexOf(chart.timestamps, mark.timestamp))
  const place = (mark: ChartMark) => {
    const value = valueAt(mark)
    const radius = layout.fontSize * (mark === main ? 0.52 : 0.4)
    return { x: x(mark.timestamp), y: Number.isNaN(value) ? box.bottom - radius * 1.6 : y(value), radius }
  }
  const lines = (marks.length > MOST_LINES ? marks.filter((mark) => mark === main) : marks).map((mark) => {
    const d = boxes.map(({ top, bottom }) => `M${px(x(mark.timestamp))} ${px(top)}V${px(bottom)}`).join('')
    return element('path', {
      d,
      fill: 'none',
      stroke: palette.marks[mark.kind],
      'stroke-width': 1.2,
      'stroke-opacity': mark === main ? '0.65' : '0.28',
      'stroke-dasharray': mark === main ? undefined : '3 3',
    })
  })
  const shapes = marks.map((mark) => (mark === main ? '' : markShape(mark.kind, place(mark), palette)))
  if (main === undefined) return lines.join('') + shapes.join('')
  const center = place(main)
  const color = palette.marks[main.kind]
  const halo = element('circle', {
    cx: center.x,
    cy: center.y,
    r: center.radius * 2.1,
    fill: color,
    'fill-opacity': '0.2',
  })
  return (
    lines.join('') +
    shapes.join('') +
    halo +
    markShape(main.kind, center, palette) +
    label(chart, main, { ...center, color, value: valueAt(main), box, look })
  )
}

interface LabelPlace {
  readonly x: number
  readonly y: number
  readonly color: string
  readonly value: number
  readonly box: Box
  readonly look: ValueLook & { readonly timeZone: string }
}

function label(chart: SeriesChart, mark: ChartMark, { x, y, color, value, box, look }: LabelPlace): string {
  if (box.bottom - box.top < look.layout.fontSize * 6) return ''
  const index = indexOf(chart.timestamps, mark.timestamp)
  const low = at(chart.lower, index)
  const high = at(chart.upper, index)
  const expected = at(chart.expected, index)
  const lines = [formatTime(mark.timestamp, look.timeZone)]
  if (!Number.isNaN(low + high)) lines.push(`expected ${formatValue(low)} to ${formatValue(high)}`)
  else if (!Number.isNaN(expected)) lines.push(`expected ${formatValue(expected)}`)
  const heading = Number.isNaN(value) ? MARK_NAMES[mark.kind] : formatValue(value)
  return drawCallout({ x, y, heading, lines, color }, box, look)
}

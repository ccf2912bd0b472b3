import { linePath, longestStep, segmentsOf } from './line-path.ts'
import { markShape } from './mark-shape.ts'
import { linearScale } from './scale.ts'
import { at, type SeriesChart } from './series-chart.ts'
import { element, escapeXml, px } from './svg.ts'
import { PALETTES } from './theme.ts'

export type Sparkline = Pick<
  SeriesChart,
  'timestamps' | 'values' | 'marks' | 'theme' | 'width' | 'height'
> & {
  /** Read out instead of the picture. */
  readonly label: string
}

/** A small line without axes, with the marks' shapes on it; transparent background, made for grids of hundreds. */
export function drawSparkline(chart: Sparkline): string {
  const { timestamps, values, width = 200, height = 48 } = chart
  const palette = PALETTES[chart.theme ?? 'light']
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let index = 0; index < timestamps.length; index++) {
    const value = at(values, index)
    if (value < low) low = value
    if (value > high) high = value
  }
  const edge = 5
  const x = linearScale([timestamps[0] ?? 0, timestamps[timestamps.length - 1] ?? 0], [edge, width - edge])
  const y = linearScale(low < high ? [low, high] : [low - 1, high + 1], [height - edge, edge])
  let d = ''
  for (const segment of segmentsOf(timestamps, values, longestStep(timestamps))) {
    d += linePath(segment, { timestamps, numbers: values, x, y })
    if (segment.end - segment.start === 1) d += 'h0.01'
  }
  const byTime = new Map((chart.marks ?? []).map((mark) => [mark.timestamp, mark]))
  let shapes = ''
  for (let index = 0; byTime.size > 0 && index < timestamps.length; index++) {
    const mark = byTime.get(timestamps[index]!)
    if (mark === undefined) continue
    const value = at(values, index)
    shapes += markShape(
      mark.kind,
      { x: x(mark.timestamp), y: Number.isNaN(value) ? height - edge : y(value), radius: 3.5 },
      palette,
    )
  }
  const line =
    d === ''
      ? ''
      : element('path', {
          d,
          fill: 'none',
          stroke: palette.line,
          'stroke-width': 1.4,
          'stroke-linejoin': 'round',
          'stroke-linecap': 'round',
        })
  const size = `width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeXml(chart.label)}">${line}${shapes}</svg>`
}

import { formatValue } from './format-number.ts'
import type { Box, Layout } from './layout.ts'
import { bandPath, linePath, segmentsOf } from './line-path.ts'
import type { Scale } from './scale.ts'
import { at, type SeriesChart } from './series-chart.ts'
import { element, px, textElement } from './svg.ts'
import type { Palette } from './theme.ts'

export interface ValueLook {
  readonly layout: Layout
  readonly palette: Palette
  readonly x: Scale
  readonly y: Scale
  readonly domain: readonly [number, number]
  readonly longest: number
}

function drawBand(chart: SeriesChart, { palette, x, y, longest }: ValueLook): string {
  const { timestamps, lower, upper } = chart
  if (lower === undefined || upper === undefined) return ''
  const both = Array.from({ length: timestamps.length }, (_, index) => at(lower, index) + at(upper, index))
  return segmentsOf(timestamps, both, longest)
    .map((segment) =>
      element('path', {
        d: bandPath(segment, { timestamps, lower, upper, x, y }),
        fill: palette.band,
        'fill-opacity': '0.22',
      }),
    )
    .join('')
}

function drawExpected(chart: SeriesChart, { palette, x, y, longest }: ValueLook): string {
  const { timestamps, expected } = chart
  if (expected === undefined) return ''
  const d = segmentsOf(timestamps, expected, longest)
    .map((segment) => linePath(segment, { timestamps, numbers: expected, x, y }))
    .join('')
  return element('path', {
    d,
    fill: 'none',
    stroke: palette.expected,
    'stroke-width': 1.2,
    'stroke-dasharray': '4 4',
    'stroke-linecap': 'round',
  })
}

function drawLimits(chart: SeriesChart, box: Box, { layout, palette, y, domain }: ValueLook): string {
  const limit = (value: number | undefined, name: string): string => {
    if (value === undefined || !(value >= domain[0] && value <= domain[1])) return ''
    const line = element('path', {
      d: `M${px(box.left)} ${px(y(value))}H${px(box.right)}`,
      fill: 'none',
      stroke: palette.limit,
      'stroke-width': 1.2,
      'stroke-dasharray': '8 4',
    })
    const above = y(value) - box.top > layout.fontSize * 1.6
    const label = textElement(`${name} ${formatValue(value)}`, {
      x: box.left + 4,
      y: y(value) + layout.fontSize * (above ? -0.4 : 1.1),
      fill: palette.limit,
      'font-size': layout.smallSize,
    })
    return line + label
  }
  return limit(chart.thresholds?.upper, 'upper limit') + limit(chart.thresholds?.lower, 'lower limit')
}

function drawLine(
  chart: SeriesChart,
  box: Box,
  { layout, palette, x, y, domain, longest }: ValueLook,
): string {
  const { timestamps, values } = chart
  // An area is read as an amount, which it shows only when it stands on zero; under a band it would be noise.
  const filled = domain[0] === 0 && (chart.lower === undefined || chart.upper === undefined)
  const segments = segmentsOf(timestamps, values, longest)
  const count = segments.reduce((sum, { start, end }) => sum + end - start, 0)
  const roomy = (box.right - box.left) / Math.max(1, count) >= 14
  const width = Math.min(2, Math.max(1.3, layout.fontSize / 6.5))
  const alone = new Set<string>()
  let d = ''
  let area = ''
  let dots = ''
  for (const segment of segments) {
    const path = linePath(segment, { timestamps, numbers: values, x, y })
    if (segment.end - segment.start > 1) {
      d += path
      if (filled)
        area += `${path}L${px(x(timestamps[segment.end - 1]!))} ${px(box.bottom)}L${px(x(timestamps[segment.start]!))} ${px(box.bottom)}Z`
    } else alone.add(path.slice(1))
    if (!roomy) continue
    for (let index = segment.start; index < segment.end; index++)
      dots += element('circle', {
        cx: x(timestamps[index]!),
        cy: y(at(values, index)),
        r: width * 1.25,
        fill: palette.line,
      })
  }
  if (!roomy)
    for (const place of alone) {
      const [cx, cy] = place.split(' ')
      dots += element('circle', { cx: Number(cx), cy: Number(cy), r: width, fill: palette.line })
    }
  return (
    (area === '' ? '' : element('path', { d: area, fill: palette.lineArea, 'fill-opacity': '0.08' })) +
    (d === ''
      ? ''
      : element('path', {
          d,
          fill: 'none',
          stroke: palette.line,
          'stroke-width': width,
          'stroke-linejoin': 'round',
          'stroke-linecap': 'round',
        })) +
    dots
  )
}

/** Band, expected line, limits and the values themselves. */
export function drawValuePanel(chart: SeriesChart, box: Box, look: ValueLook): string {
  return (
    drawBand(chart, look) +
    drawExpected(chart, look) +
    drawLimits(chart, box, look) +
    drawLine(chart, box, look)
  )
}

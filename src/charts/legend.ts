import type { Layout } from './layout.ts'
import { markShape } from './mark-shape.ts'
import { at, MARK_KINDS, type SeriesChart } from './series-chart.ts'
import { element, textElement } from './svg.ts'
import { textWidth } from './text-width.ts'
import { MARK_NAMES, type Palette } from './theme.ts'

interface Entry {
  readonly name: string
  readonly swatch: (x: number, y: number) => string
}

function entriesOf(chart: SeriesChart, layout: Layout, palette: Palette): readonly Entry[] {
  const size = layout.fontSize
  const stroke = (color: string, dash?: string) => (x: number, y: number) =>
    element('line', {
      x1: x,
      x2: x + size * 1.3,
      y1: y,
      y2: y,
      stroke: color,
      'stroke-width': 2,
      'stroke-dasharray': dash,
      'stroke-linecap': 'round',
    })
  const entries: Entry[] = [{ name: 'Value', swatch: stroke(palette.line) }]
  const has = (numbers: SeriesChart['expected']) =>
    numbers !== undefined && Array.from(numbers).some((_, index) => !Number.isNaN(at(numbers, index)))
  if (has(chart.expected)) entries.push({ name: 'Expected', swatch: stroke(palette.expected, '4 4') })
  if (has(chart.lower) && has(chart.upper))
    entries.push({
      name: 'Expected range',
      swatch: (x, y) =>
        element('rect', {
          x,
          y: y - size * 0.4,
          width: size * 1.3,
          height: size * 0.8,
          rx: 2,
          fill: palette.band,
          'fill-opacity': '0.3',
        }),
    })
  for (const kind of MARK_KINDS) {
    const count = chart.marks?.filter((mark) => mark.kind === kind).length ?? 0
    if (count === 0) continue
    entries.push({
      name: count === 1 ? MARK_NAMES[kind] : `${MARK_NAMES[kind]} (${count})`,
      swatch: (x, y) => markShape(kind, { x: x + size * 0.65, y, radius: size * 0.42 }, palette),
    })
  }
  return entries
}

/** One row that names what is drawn; entries that do not fit are left out. */
export function drawLegend(chart: SeriesChart, layout: Layout, palette: Palette): string {
  if (!layout.showLegend) return ''
  const size = layout.fontSize
  let x = layout.padding
  let markup = ''
  for (const { name, swatch } of entriesOf(chart, layout, palette)) {
    const width = size * 1.8 + textWidth(name, size)
    if (x + width > layout.width - layout.padding) break
    markup += swatch(x, layout.legendY - size * 0.35)
    markup += textElement(name, {
      x: x + size * 1.8,
      y: layout.legendY,
      fill: palette.muted,
      'font-size': size,
    })
    x += width + size * 1.5
  }
  return markup
}

import type { Box, Layout } from './layout.ts'
import type { Scale } from './scale.ts'
import { element, textElement } from './svg.ts'
import { textWidth } from './text-width.ts'
import type { Palette } from './theme.ts'
import type { TimeTick } from './time-ticks.ts'

export interface ValueAxis {
  readonly ticks: readonly number[]
  readonly labels: readonly string[]
  readonly y: Scale
}

/** Horizontal grid lines with their labels at the left. */
export function drawValueAxis(
  box: Box,
  axis: ValueAxis,
  { layout, palette }: { readonly layout: Layout; readonly palette: Palette },
): string {
  const zero = axis.ticks.find((tick) => tick === 0)
  return axis.ticks
    .map((tick, index) => {
      const y = Math.round(axis.y(tick)) + 0.5
      const base = tick === (zero ?? axis.ticks[0])
      const line = element('line', {
        x1: box.left,
        x2: box.right,
        y1: y,
        y2: y,
        stroke: base ? palette.axis : palette.grid,
        'stroke-width': 1,
      })
      const label = textElement(axis.labels[index]!, {
        x: box.left - layout.fontSize * 0.7,
        y: y + layout.fontSize * 0.34,
        'text-anchor': 'end',
        fill: palette.muted,
        'font-size': layout.fontSize,
      })
      return line + label
    })
    .join('')
}

export interface TimeAxis {
  readonly ticks: readonly TimeTick[]
  readonly x: Scale
  readonly timeZone: string
}

/** Tick marks and times under the lowest panel, faint lines through all panels at the first of a day, month or year. */
export function drawTimeAxis(
  boxes: readonly Box[],
  axis: TimeAxis,
  { layout, palette }: { readonly layout: Layout; readonly palette: Palette },
): string {
  const lowest = boxes.at(-1)!
  const y = lowest.bottom + layout.fontSize * 1.45
  let free = 0
  let markup = ''
  for (const { timestamp, label, major } of axis.ticks) {
    const x = Math.round(axis.x(timestamp)) + 0.5
    if (major)
      for (const box of boxes)
        markup += element('line', {
          x1: x,
          x2: x,
          y1: box.top,
          y2: box.bottom,
          stroke: palette.grid,
          'stroke-width': 1,
        })
    markup += element('line', {
      x1: x,
      x2: x,
      y1: lowest.bottom,
      y2: lowest.bottom + 4,
      stroke: palette.axis,
      'stroke-width': 1,
    })
    const half = textWidth(label, layout.fontSize, major ? 'bold' : 'regular') / 2
    const center = Math.min(Math.max(x, half + 2), layout.width - half - 2)
    if (center - half < free) continue
    free = center + half + layout.fontSize
    markup += textElement(label, {
      x: center,
      y,
      'text-anchor': 'middle',
      fill: major ? palette.text : palette.muted,
      'font-size': layout.fontSize,
      'font-weight': major ? '700' : undefined,
    })
  }
  return markup
}

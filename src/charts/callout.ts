import type { Box, Layout } from './layout.ts'
import { element, textElement } from './svg.ts'
import { textWidth } from './text-width.ts'
import type { Palette } from './theme.ts'

export interface Callout {
  readonly x: number
  readonly y: number
  readonly heading: string
  readonly lines: readonly string[]
  readonly color: string
}

/** A label beside a point, at the side where there is room, always inside of the panel. */
export function drawCallout(
  callout: Callout,
  box: Box,
  { layout, palette }: { readonly layout: Layout; readonly palette: Palette },
): string {
  const size = layout.fontSize
  const pad = size * 0.7
  const headingSize = size * 1.15
  const inner = Math.max(
    textWidth(callout.heading, headingSize, 'bold'),
    ...callout.lines.map((line) => textWidth(line, layout.smallSize)),
  )
  const width = inner + pad * 2
  const height = headingSize + callout.lines.length * size * 1.35 + pad * 1.35
  const distance = size * 1.1
  const leftward = callout.x - distance - width >= box.left
  const x = leftward ? callout.x - distance - width : Math.min(callout.x + distance, layout.width - width - 2)
  const y = Math.min(
    Math.max(callout.y - height / 2, box.top + 2),
    Math.max(box.top + 2, box.bottom - height - 2),
  )
  const text = (content: string, row: number) =>
    textElement(content, {
      x: x + pad,
      y: y + pad * 0.6 + headingSize + row * size * 1.35,
      fill: palette.muted,
      'font-size': layout.smallSize,
    })
  return (
    element('rect', {
      x,
      y,
      width,
      height,
      rx: 5,
      fill: palette.label,
      stroke: palette.labelBorder,
      'stroke-width': 1,
    }) +
    textElement(callout.heading, {
      x: x + pad,
      y: y + pad * 0.6 + headingSize * 0.95,
      fill: callout.color,
      'font-size': headingSize,
      'font-weight': '700',
    }) +
    callout.lines.map((line, row) => text(line, row + 1)).join('')
  )
}

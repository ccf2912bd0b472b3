import type { MarkKind } from './series-chart.ts'
import { element, px } from './svg.ts'
import type { Palette } from './theme.ts'

type Corner = readonly [number, number]

const STAR: readonly Corner[] = Array.from({ length: 10 }, (_, corner) => {
  const angle = (corner * Math.PI) / 5 - Math.PI / 2
  const radius = corner % 2 === 0 ? 1.35 : 0.58
  return [Math.cos(angle) * radius, Math.sin(angle) * radius]
})

const POLYGONS: Readonly<Record<'threshold' | 'change' | 'llm', readonly Corner[]>> = {
  threshold: [
    [0, -1.2],
    [1.15, 0.85],
    [-1.15, 0.85],
  ],
  change: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  llm: STAR,
}

export interface MarkPlace {
  readonly x: number
  readonly y: number
  /** Half of the shape's width, CSS pixels. */
  readonly radius: number
}

/** Each kind's own shape: anomaly a disc, threshold a triangle, change a diamond, llm a star, missing-data a cross. */
export function markShape(kind: MarkKind, place: MarkPlace, palette: Palette): string {
  const { x, y, radius } = place
  const fill = palette.marks[kind]
  const edge = {
    stroke: palette.background,
    'stroke-width': Math.max(1, radius * 0.28),
    'stroke-linejoin': 'round',
  }
  if (kind === 'anomaly') return element('circle', { cx: x, cy: y, r: radius, fill, ...edge })
  if (kind === 'missing-data') {
    const arm = radius * 0.85
    const d = `M${px(x - arm)} ${px(y - arm)}L${px(x + arm)} ${px(y + arm)}M${px(x - arm)} ${px(y + arm)}L${px(x + arm)} ${px(y - arm)}`
    return element('path', {
      d,
      fill: 'none',
      stroke: fill,
      'stroke-width': Math.max(1.6, radius * 0.45),
      'stroke-linecap': 'round',
    })
  }
  const points = POLYGONS[kind].map(([dx, dy]) => `${px(x + dx * radius)},${px(y + dy * radius)}`).join(' ')
  return element('polygon', { points, fill, ...edge })
}

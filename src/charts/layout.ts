import type { SeriesChart } from './series-chart.ts'
import { oneLine } from './svg.ts'

/** A rectangle in CSS pixels. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** Of body text; the title and the small print are in proportion. */
  readonly fontSize: number
  readonly titleSize: number
  readonly smallSize: number
  readonly padding: number
  readonly title: string
  readonly subtitle: string
  /** Baselines. */
  readonly titleY: number
  readonly subtitleY: number
  readonly legendY: number
  readonly showLegend: boolean
  readonly values: Box
  /** The lower panel, when there are scores. */
  readonly scores?: Box
}

const DEFAULT_WIDTH = 800
const DEFAULT_HEIGHT = 440

function size(wanted: number | undefined, usual: number): number {
  return wanted !== undefined && Number.isFinite(wanted) ? Math.max(60, wanted) : usual
}

/** Where everything stands; `axisWidth` is what the labels of the value axis need, at the layout's font size. */
export function layOut(chart: SeriesChart, axisWidth: (fontSize: number) => number): Layout {
  const width = size(chart.width, DEFAULT_WIDTH)
  const height = size(chart.height, DEFAULT_HEIGHT)
  const factor = Math.min(1.3, Math.max(0.84, Math.sqrt(width / 760)))
  const fontSize = 12 * factor
  const titleSize = 18 * factor
  const padding = Math.min(20 * factor, width * 0.05)
  const title = oneLine(chart.title)
  const subtitle = oneLine(chart.subtitle ?? '')
  const showLegend = height >= 240 && width >= 360
  const titleY = padding * 0.85 + (title === '' ? 0 : titleSize * 0.85)
  const subtitleY = titleY + (subtitle === '' ? 0 : fontSize * 1.6)
  const legendY = subtitleY + (showLegend ? fontSize * 1.9 : 0)
  const left = padding + axisWidth(fontSize)
  const right = width - padding
  const top = legendY + fontSize * (showLegend ? 1.6 : 1.1)
  const bottom = Math.max(top + 20, height - padding * 0.6 - fontSize * 1.7)
  const base = {
    width,
    height,
    fontSize,
    titleSize,
    smallSize: fontSize * 0.92,
    padding,
    title,
    subtitle,
    titleY,
    subtitleY,
    legendY,
    showLegend,
  }
  if (chart.scores === undefined || bottom - top < 110)
    return { ...base, values: { left, top, right, bottom } }
  const scoreHeight = Math.max(36, (bottom - top) * 0.24)
  const between = fontSize * 2.4
  return {
    ...base,
    values: { left, top, right, bottom: bottom - scoreHeight - between },
    scores: { left, top: bottom - scoreHeight, right, bottom },
  }
}

import { formatTicks } from './format-number.ts'
import { at, type ChartMark, type Numbers } from './series-chart.ts'

const BLOCKS = '▁▂▃▄▅▆▇█'

function extentOf(numbers: Numbers): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let index = 0; index < numbers.length; index++) {
    const value = at(numbers, index)
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** 0 at the lowest and 1 at the highest, a half when they are one; safe for spans beyond the largest double. */
function share(value: number, [low, high]: readonly [number, number]): number {
  return high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5
}

function meanOf(numbers: Numbers): number {
  let mean = 0
  // Divided before adding: the sum of the largest doubles would overflow.
  for (let index = 0; index < numbers.length; index++) mean += (at(numbers, index) || 0) / numbers.length
  return mean
}

/** The number farthest from the mean of all, of those that fall into one of `columns` equal parts; NaN for a part without any. */
function columnsOf(numbers: Numbers, columns: number): readonly number[] {
  const middle = meanOf(numbers)
  const count = Math.min(columns, numbers.length)
  return Array.from({ length: count }, (_, column) => {
    let kept = Number.NaN
    for (
      let index = Math.floor((column * numbers.length) / count);
      index < Math.floor(((column + 1) * numbers.length) / count);
      index++
    ) {
      const value = at(numbers, index)
      if (Number.isNaN(kept) || Math.abs(value - middle) > Math.abs(kept - middle))
        kept = Number.isNaN(value) ? kept : value
    }
    return kept
  })
}

/** One line of block characters, lowest to highest, a space for a gap; extremes survive the shortening to `width`. */
export function sparkText(numbers: Numbers, width = 60): string {
  const extent = extentOf(numbers)
  return columnsOf(numbers, width)
    .map((value) =>
      Number.isNaN(value)
        ? ' '
        : BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share(value, extent) * BLOCKS.length))],
    )
    .join('')
}

export interface AsciiChart {
  readonly timestamps: ArrayLike<number>
  readonly values: Numbers
  readonly marks?: readonly ChartMark[]
  /** Characters, without the labels. */
  readonly width?: number
  /** Lines, without the marks' line. */
  readonly height?: number
}

/** A picture of several lines for a terminal: labels, dots, and a line of arrows under the marked points. */
export function asciiChart(chart: AsciiChart): string {
  const { timestamps, values, width = 60, height = 8 } = chart
  const extent = extentOf(values)
  if (extent[0] > extent[1]) return 'no data\n'
  const count = Math.min(width, timestamps.length)
  const columns = columnsOf(values, count)
  const rowOf = columns.map((value) =>
    Number.isNaN(value) ? -1 : Math.round(share(value, extent) * (height - 1)),
  )
  const rows = Array.from({ length: height }, (_, index) => height - 1 - index)
  const [top, bottom] = formatTicks([extent[1], extent[0]]) as [string, string]
  const labelWidth = Math.max(top.length, bottom.length)
  const lines = rows.map((row) => {
    const label = row === height - 1 ? top : row === 0 ? bottom : ''
    return `${label.padStart(labelWidth)} │${rowOf.map((at) => (at === row ? '•' : ' ')).join('')}`.trimEnd()
  })
  const marked = new Set((chart.marks ?? []).map((mark) => mark.timestamp))
  let arrows = ''
  for (let column = 0; column < count; column++) {
    let hit = false
    for (
      let index = Math.floor((column * timestamps.length) / count);
      index < Math.floor(((column + 1) * timestamps.length) / count);
      index++
    )
      hit ||= marked.has(timestamps[index]!)
    arrows += hit ? '▲' : ' '
  }
  if (arrows.trim() !== '') lines.push(`${' '.repeat(labelWidth + 2)}${arrows}`.trimEnd())
  return `${lines.join('\n')}\n`
}

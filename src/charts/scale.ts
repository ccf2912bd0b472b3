import { at, type Numbers, type SeriesChart } from './series-chart.ts'

/** From data to pixels. Values outside of the domain go to its nearer end, so that nothing is drawn outside of a panel. */
export type Scale = (value: number) => number

/** Linear, safe for spans beyond the largest double. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain
  const span = high / 2 - low / 2
  return (value) => {
    const share = span === 0 ? 0.5 : (value / 2 - low / 2) / span
    return range[0] + Math.min(1, Math.max(0, share)) * (range[1] - range[0])
  }
}

interface Extent {
  low: number
  high: number
}

function extend(extent: Extent, numbers: Numbers | undefined, length: number): void {
  if (numbers === undefined) return
  for (let index = 0; index < length; index++) {
    const value = at(numbers, index)
    if (value < extent.low) extent.low = value
    if (value > extent.high) extent.high = value
  }
}

/** What the value axis has to span: the values whole; band and thresholds unless they would flatten the values. Undefined without any value. */
export function valueDomain(chart: SeriesChart): readonly [number, number] | undefined {
  const { length } = chart.timestamps
  const extent: Extent = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }
  extend(extent, chart.values, length)
  if (extent.low > extent.high) return undefined
  const around: Extent = { ...extent }
  for (const numbers of [chart.expected, chart.lower, chart.upper]) extend(around, numbers, length)
  const span = extent.high - extent.low
  const room = span === 0 ? Number.POSITIVE_INFINITY : span * 1.5
  const domain: Extent = {
    low: Math.max(around.low, extent.low - room),
    high: Math.min(around.high, extent.high + room),
  }
  for (const limit of [chart.thresholds?.lower, chart.thresholds?.upper]) {
    if (limit === undefined || !Number.isFinite(limit)) continue
    if (limit < domain.low && extent.low - limit <= room) domain.low = limit
    if (limit > domain.high && limit - extent.high <= room) domain.high = limit
  }
  return padded(domain)
}

function padded({ low, high }: Extent): readonly [number, number] {
  if (low === high) {
    const pad = low === 0 ? 1 : Math.abs(low) * 0.1
    return [Math.max(-Number.MAX_VALUE, low - pad), Math.min(Number.MAX_VALUE, high + pad)]
  }
  const span = high - low
  const pad = Math.min(span, Number.MAX_VALUE) * 0.05
  // A series that comes near zero is read against zero.
  const from = low >= 0 && low <= span * 0.6 ? 0 : Math.max(-Number.MAX_VALUE, low - pad)
  const to = high <= 0 && -high <= span * 0.6 ? 0 : Math.min(Number.MAX_VALUE, high + pad)
  return [from, to]
}

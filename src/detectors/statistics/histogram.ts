import { countBelow } from './sorted.ts'

/** Bins of equal width: bin i holds the values from edge i up to edge i + 1; the last one holds its upper edge too. */
export interface Histogram {
  /** One more than there are bins, ascending. */
  readonly edges: Float64Array
  readonly counts: Int32Array
}

/**
 * The histogram of values by numpy's rules, to the bit of its edges. Where numpy gives up, because the values lie too close together for so
 * many bins, or too far apart to subtract, this is defined: the former are as constant, and their bins are widened.
 */
export function histogramOf(values: Float64Array, bins: number): Histogram {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < least) least = value
    if (value > most) most = value
  }
  const edges = edgesBetween(least, most, bins)
  const counts = new Int32Array(bins)
  const last = bins - 1
  const first = edges[0]!
  const perUnit = binsPerUnit(edges)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    // Rounding may bring the quotient to a neighbouring bin.
    let bin = Math.min(last, Math.floor((value - first) * perUnit))
    while (bin > 0 && value < edges[bin]!) bin--
    while (bin < last && value >= edges[bin + 1]!) bin++
    counts[bin]!++
  }
  return { edges, counts }
}

/** How many bins one unit of a value is, roughly for the very wide and the very narrow; finite and not zero. */
export function binsPerUnit(edges: Float64Array): number {
  const bins = edges.length - 1
  const width = edges[bins]! / bins - edges[0]! / bins
  return Math.min(1 / Math.min(width, Number.MAX_VALUE), Number.MAX_VALUE)
}

/** Edges of bins from the least to the greatest value; of a constant one unit around it, which is never on an edge. */
function edgesBetween(least: number, most: number, bins: number): Float64Array {
  if (least < most) {
    const edges = evenly(least, most, bins)
    if (edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)) return edges
  }
  const size = Math.max(Math.abs(least), Math.abs(most))
  // A huge constant needs more room: half a unit would be lost in its rounding.
  const room = Math.max(0.5, size * Number.EPSILON * 8 * bins)
  const shift = bins % 2 === 0 ? room / bins : 0
  return evenly(
    Math.max(least - room - shift, -Number.MAX_VALUE),
    Math.min(most + room - shift, Number.MAX_VALUE),
    bins,
  )
}

function evenly(from: number, to: number, parts: number): Float64Array {
  const step = (to - from) / parts
  const edges = Float64Array.from({ length: parts + 1 }, (_, i) =>
    Number.isFinite(step) ? i * step + from : to * (i / parts) + from * (1 - i / parts),
  )
  edges[parts] = to
  return edges
}

/**
 * How many bins suit ascending values best, by the penalised likelihood of Birgé and Rozenholc (2006) as PyOD 3.6.7 computes it in
 * pyod/utils/utility.py: with the penalty of a histogram counted once for each of its bins.
 */
export function bestBins(sorted: Float64Array): number {
  const count = sorted.length
  const candidates = Math.max(2, Math.floor(Math.sqrt(count)))
  let best = 1
  let highest = Number.NEGATIVE_INFINITY
  for (let bins = 1; bins < candidates; bins++) {
    const edges = edgesBetween(sorted[0]!, sorted[count - 1]!, bins)
    let likelihood = -bins * (bins - 1 + Math.log(bins) ** 2.5)
    for (let bin = 0, from = 0; bin < bins; bin++) {
      const to = bin === bins - 1 ? count : countBelow(sorted, edges[bin + 1]!)
      likelihood += (to - from) * Math.log((bins * (to - from)) / count + 1)
      from = to
    }
    if (likelihood > highest) {
      highest = likelihood
      best = bins
    }
  }
  return best
}

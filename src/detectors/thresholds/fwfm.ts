import { densityOf, toUnit } from './kernel-density.ts'
import { thresholdInUnits } from './unit-scores.ts'

const PROMINENCE = 0.75
const DEPTH = 0.99

/** The width of the first great peak of the density near its base, as a share of the range (Jones 2020: full width at full minimum). */
export function fwfm(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const heights = toUnit(densityOf(unit, -1, 3 * unit.length).values)
    for (let peak = 1; peak < heights.length - 1; peak++) {
      const height = heights[peak]!
      if (!(height > heights[peak - 1]! && height > heights[peak + 1]!)) continue
      const prominence = height - Math.max(baseOf(heights, peak, -1), baseOf(heights, peak, 1))
      if (prominence >= PROMINENCE)
        return widthAt(heights, peak, height - DEPTH * prominence) / heights.length
    }
    return Number.POSITIVE_INFINITY
  })
}

/** The lowest height on one side, as far as nothing is higher than the peak. */
function baseOf(heights: Float64Array, peak: number, step: 1 | -1): number {
  let lowest = heights[peak]!
  for (let i = peak; i >= 0 && i < heights.length && heights[i]! <= heights[peak]!; i += step)
    lowest = Math.min(lowest, heights[i]!)
  return lowest
}

/** The steps between where the peak falls to `level` on either side, with linear interpolation. */
function widthAt(heights: Float64Array, peak: number, level: number): number {
  const crossing = (step: 1 | -1): number => {
    let i = peak
    while (i + step >= 0 && i + step < heights.length && heights[i]! > level) i += step
    const here = heights[i]!
    return here < level ? i - (step * (level - here)) / (heights[i - step]! - here) : i
  }
  return crossing(1) - crossing(-1)
}

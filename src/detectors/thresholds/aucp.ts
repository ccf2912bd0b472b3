import { medianOfSorted } from '../statistics/median.ts'
import { densityOf, toUnit } from './kernel-density.ts'
import { meanOf, thresholdInUnits } from './unit-scores.ts'

/** Where the density has less of its area above than the mean plus its distance to the median, as a share (Ren 2018). */
export function aucp(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const { places, values } = densityOf(unit, 0, 2 * unit.length)
    const heights = toUnit(values)
    const above = new Float64Array(places.length)
    for (let i = places.length - 2; i >= 0; i--)
      above[i] = above[i + 1]! + ((heights[i]! + heights[i + 1]!) / 2) * (places[i + 1]! - places[i]!)
    const mean = meanOf(unit)
    const share = mean + Math.abs(mean - medianOfSorted(unit))
    return places.find((_, i) => above[i]! < share * above[0]!) ?? Number.POSITIVE_INFINITY
  })
}

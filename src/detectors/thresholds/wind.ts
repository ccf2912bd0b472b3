import { normalUnits } from './dsn.ts'
import { densityOf, slopes } from './kernel-density.ts'
import { thresholdInUnits } from './unit-scores.ts'

/** The mean turn of the curve that the densities of the scores and of normal ones make together (Jacobson 2013: winding numbers). */
export function wind(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const { places, values } = densityOf(unit, 0, 3 * unit.length)
    const normal = densityOf(normalUnits(unit.length), 0, 3 * unit.length).values
    const step = places[1]! - places[0]!
    const [x, y] = [values, normal].map((heights) => {
      const most = heights.reduce((high, height) => Math.max(high, height), 0)
      return heights.map((height) => height / most)
    }) as [Float64Array, Float64Array]
    const [dx, dy] = [slopes(x, step), slopes(y, step)]
    const turns = values.map((value, i) => {
      const radius = value * value + normal[i]! * normal[i]!
      return radius > 0 ? (x[i]! * dy[i]! - y[i]! * dx[i]!) / radius : 0
    })
    const weight = x.reduce((sum, height, i) => sum + (height + y[i]!) / 2, 0)
    return simpson(turns) / weight
  })
}

/** Simpson's rule with steps of one; of an even number of values the last interval has the correction of Cartwright (2017), as in SciPy. */
function simpson(values: Float64Array): number {
  const last = values.length - 1
  const even = last % 2 === 0 ? last : last - 1
  let sum = 0
  for (let i = 0; i + 2 <= even; i += 2) sum += (values[i]! + 4 * values[i + 1]! + values[i + 2]!) / 3
  if (even < last) sum += (5 * values[last]! + 8 * values[last - 1]! - values[last - 2]!) / 12
  return sum
}

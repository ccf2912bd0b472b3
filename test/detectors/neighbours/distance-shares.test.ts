import { expect, it } from 'vitest'
import {
  addDistanceShares,
  divideAmount,
  weightsOfJoined,
} from '../../../src/detectors/neighbours/distance-shares.ts'
import { EUCLIDEAN, minkowski } from '../../../src/detectors/neighbours/metric.ts'

const divided = (metric: ReturnType<typeof minkowski>, differences: readonly number[], amount: number) => {
  const parts = Float64Array.from(differences)
  divideAmount(metric, parts, amount)
  return [...parts]
}

it('an amount is divided as columns have parts of the sum under the root', () => {
  expect(divided(EUCLIDEAN, [3, -4, 0], 5)).toEqual([expect.closeTo(1.8, 12), expect.closeTo(3.2, 12), 0])
  expect(divided(minkowski(1), [3, -1], 8)).toEqual([6, 2])
  expect(divided(minkowski(3), [2, 1], 9)).toEqual([8, 1])
  expect(divided(minkowski(Number.POSITIVE_INFINITY), [3, -3, 1], 3)).toEqual([1.5, 1.5, 0])
})

it('nothing that differs has no part, and nothing overflows', () => {
  expect(divided(EUCLIDEAN, [0, 0], 5)).toEqual([0, 0])
  expect(divided(EUCLIDEAN, [Number.MAX_VALUE, 1], Number.POSITIVE_INFINITY)).toEqual([Number.MAX_VALUE, 0])
  const parts = new Float64Array(2)
  const amounts = [Number.MAX_VALUE, Number.MAX_VALUE]
  const row = Float64Array.of(-Number.MAX_VALUE, 0)
  const data = Float64Array.of(Number.MAX_VALUE, 0, 1, 0)
  addDistanceShares(row, { metric: EUCLIDEAN, data, offsets: [0, 2], amounts }, parts)
  expect([...parts]).toEqual([Number.MAX_VALUE, 0])
})

it('weights say which of the distances are joined', () => {
  expect([...weightsOfJoined('largest', 3)]).toEqual([0, 0, 1])
  expect([...weightsOfJoined('mean', 4)]).toEqual([0.25, 0.25, 0.25, 0.25])
  expect([...weightsOfJoined('median', 3)]).toEqual([0, 1, 0])
  expect([...weightsOfJoined('median', 4)]).toEqual([0, 0.5, 0.5, 0])
})

import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { activation } from '../../../src/detectors/networks/activation.ts'
import { batchNorm } from '../../../src/detectors/networks/batch-norm.ts'
import { forEachBatch } from '../../../src/detectors/networks/batches.ts'
import { linear } from '../../../src/detectors/networks/linear.ts'
import {
  giveNumbers,
  keepNumbers,
  network,
  takeFinite,
  takeNumbers,
} from '../../../src/detectors/networks/network.ts'
import { createOptimiser } from '../../../src/detectors/networks/optimiser.ts'
import { multiplyBack, multiplyOuter, multiplyRows } from '../../../src/detectors/networks/products.ts'
import { trainReconstruction } from '../../../src/detectors/networks/train-reconstruction.ts'
import { gaussianRows } from '../samples.ts'

const build = (seed: number) => {
  const random = createRandom(seed)
  return network([
    linear({ inputs: 3, outputs: 4, bias: true, start: 'rectifier', random }),
    batchNorm(4),
    activation('relu', 4),
    linear({ inputs: 4, outputs: 3, bias: false, start: 'plain', random }),
  ])
}
const shapes = [1, 2, 3, 4, 5, 7].flatMap((count) =>
  [1, 2, 3, 5, 8].map((outputs) => ({ count, outputs, inputs: 3 })),
)

it.each(shapes)('multiplies $count rows by $outputs outputs', ({ count, inputs, outputs }) => {
  const rows = gaussianRows(count, inputs, 1).data
  const values = gaussianRows(outputs, inputs, 2).data
  const gradient = gaussianRows(count, outputs, 3).data
  const made = new Float64Array(count * outputs)
  const back = new Float64Array(count * inputs)
  const outer = new Float64Array(outputs * inputs)
  multiplyRows(rows, count, { values, inputs, outputs }, made)
  multiplyBack(gradient, count, { values, inputs, outputs }, back)
  multiplyOuter(gradient, rows, { count, inputs, outputs }, outer)
  const [expectedMade, expectedBack, expectedOuter] = [made, back, outer].map(
    ({ length }) => new Float64Array(length),
  )
  for (let r = 0; r < count; r++)
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < inputs; i++) {
        expectedMade![r * outputs + o]! += rows[r * inputs + i]! * values[o * inputs + i]!
        expectedBack![r * inputs + i]! += gradient[r * outputs + o]! * values[o * inputs + i]!
        expectedOuter![o * inputs + i]! += gradient[r * outputs + o]! * rows[r * inputs + i]!
      }
  const close = (values_: Float64Array) => Array.from(values_, (value) => expect.closeTo(value, 12))
  expect(Array.from(made)).toEqual(close(expectedMade!))
  expect(Array.from(back)).toEqual(close(expectedBack!))
  expect(Array.from(outer)).toEqual(close(expectedOuter!))
})

it('takes the first steps of Adam as by hand', () => {
  const parameter = { values: Float64Array.of(1), gradient: Float64Array.of(0.5) }
  const step = createOptimiser([parameter], { kind: 'adam', rate: 0.1, decay: 0 })
  step()
  // The first step is as long as the rate, whatever the gradient is.
  expect(parameter.values[0]).toBeCloseTo(0.9, 7)
  parameter.gradient[0] = -0.25
  step()
  const mean = (0.9 * 0.05 - 0.1 * 0.25) / (1 - 0.81)
  const square = (0.999 * 0.00025 + 0.001 * 0.0625) / (1 - 0.999 ** 2)
  expect(parameter.values[0]).toBeCloseTo(0.9 - (0.1 * mean) / Math.sqrt(square), 7)
})

it('descends by the gradient and the decay', () => {
  const parameter = { values: Float64Array.of(2), gradient: Float64Array.of(0.5) }
  createOptimiser([parameter], { kind: 'sgd', rate: 0.1, decay: 0.25 })()
  expect(parameter.values[0]).toBeCloseTo(1.9, 12)
})

it('gives another network its numbers, and neither too few nor broken ones', () => {
  const [from, to] = [build(1), build(2)]
  const rows = gaussianRows(6, 3).data
  from.forward(rows, 6, 'training')
  const numbers = takeNumbers(from)
  expect(numbers).toHaveLength(12 + 4 + 4 + 4 + 12 + 4 + 4)
  expect(giveNumbers(to, numbers)).toBe(true)
  expect(to.forward(rows, 6, 'scoring').slice()).toEqual(from.forward(rows, 6, 'scoring').slice())
  expect(giveNumbers(to, numbers.slice(1))).toBe(false)
  expect(giveNumbers(to, numbers.fill(Number.NaN, 3, 4))).toBe(false)
})

it('goes back to the numbers that were kept', () => {
  const net = build(1)
  const kept = keepNumbers(net)
  const first = takeNumbers(net)
  net.parameters[0]!.values.fill(7)
  kept.restore()
  expect(takeNumbers(net)).toEqual(first)
  net.parameters[0]!.values.fill(7)
  kept.keep()
  net.parameters[0]!.values.fill(8)
  kept.restore()
  expect(net.parameters[0]!.values).toEqual(new Float64Array(12).fill(7))
})

it('says when training has led to numbers that are not finite', () => {
  const net = build(1)
  net.parameters[0]!.values[0] = 1e39
  expect(() => takeFinite('AutoEncoder', net)).toThrow(
    expect.objectContaining({ code: 'TRAINING_IMPOSSIBLE' }),
  )
})

it('learns to give rows back, also with a curve at the end', () => {
  const random = createRandom(1)
  const net = network([
    linear({ inputs: 2, outputs: 8, bias: true, start: 'rectifier', random }),
    activation('tanh', 8),
    linear({ inputs: 8, outputs: 2, bias: true, start: 'plain', random }),
    activation('sigmoid', 2),
  ])
  const rows = Float64Array.from({ length: 200 }, () => 0.2 + 0.6 * random.next())
  const error = () =>
    net.forward(rows, 100, 'scoring').reduce((total, made, i) => total + (made - rows[i]!) ** 2, 0) / 200
  const before = error()
  const training = { epochs: 200, size: 20, kind: 'adam', rate: 0.01, decay: 0, random } as const
  trainReconstruction(net, rows, training)
  expect(before).toBeGreaterThan(0.02)
  expect(error()).toBeLessThan(0.001)
})

it('goes over all rows once, in whole batches or with the rest', () => {
  const data = Float64Array.from({ length: 10 }, (_, i) => i)
  const seen = (size: number, rest: boolean) => {
    const batches: number[][] = []
    forEachBatch({ data, columns: 1 }, { size, rest, random: createRandom(1) }, (rows, count) =>
      batches.push([...rows.subarray(0, count)]),
    )
    return batches
  }
  expect(seen(4, false).map(({ length }) => length)).toEqual([4, 4])
  expect(seen(20, false).map(({ length }) => length)).toEqual([10])
  expect(seen(4, true).map(({ length }) => length)).toEqual([4, 4, 2])
  expect(
    seen(4, true)
      .flat()
      .sort((a, b) => a - b),
  ).toEqual([...data])
})

import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../../src/core/random.ts'
import { ACTIVATIONS, activation } from '../../../src/detectors/networks/activation.ts'
import { batchNorm } from '../../../src/detectors/networks/batch-norm.ts'
import { dropout } from '../../../src/detectors/networks/dropout.ts'
import { latent } from '../../../src/detectors/networks/latent.ts'
import type { Layer } from '../../../src/detectors/networks/layer.ts'
import { layerNorm } from '../../../src/detectors/networks/layer-norm.ts'
import { linear } from '../../../src/detectors/networks/linear.ts'
import { network } from '../../../src/detectors/networks/network.ts'
import { softmax } from '../../../src/detectors/networks/softmax.ts'
import { weightedSum } from '../../../src/detectors/networks/weighted-sum.ts'
import { gaussianRows } from '../samples.ts'

const ROWS = 5
const STEP = 1e-6

/** Randomness that gives the same numbers again after `rewind`. */
function rewindable(): Random & { rewind(): void } {
  let random = createRandom(3)
  return {
    next: () => random.next(),
    int: (bound) => random.int(bound),
    rewind() {
      random = createRandom(3)
    },
  }
}

const source = rewindable()
const sum = (inputs: number, outputs: number, bias = true) =>
  linear({ inputs, outputs, bias, start: 'plain', random: source })
const normals = { inputs: 4, outputs: 2, clip: [-30, 20], random: source } as const

const layers: Readonly<Record<string, Layer>> = {
  'linear with bias': sum(3, 5),
  'linear without': sum(7, 2, false),
  'linear to one': sum(4, 1),
  'batch norm': batchNorm(4),
  'layer norm': layerNorm(6),
  softmax: softmax(5),
  dropout: dropout(0.4, 6, source),
  latent: latent({ ...normals, beta: 0, capacity: 0 }),
  'weighted sum': weightedSum(network([sum(4, 6), activation('tanh', 6), sum(6, 4), softmax(4)])),
  network: network([sum(3, 6), activation('elu', 6), layerNorm(6), sum(6, 2), batchNorm(2)]),
  ...Object.fromEntries(ACTIVATIONS.map((curve) => [curve, activation(curve, 4)])),
}

describe.each(Object.entries(layers))('%s', (_, layer) => {
  const rows = gaussianRows(ROWS, layer.inputs, 1).data
  const weights = gaussianRows(ROWS, layer.outputs, 2).data
  /** A loss whose gradient for the outputs are the weights. */
  const loss = (): number => {
    source.rewind()
    const made = layer.forward(rows, ROWS, 'training')
    return weights.reduce((total, weight, i) => total + weight * made[i]!, 0)
  }
  const slope = (values: Float64Array, i: number): number => {
    const before = values[i]!
    values[i] = before + STEP
    const above = loss()
    values[i] = before - STEP
    const below = loss()
    values[i] = before
    return (above - below) / (2 * STEP)
  }

  it('gives the gradients that finite differences give', () => {
    loss()
    const forRows = layer.backward(weights.slice(), ROWS).slice(0, rows.length)
    const gradients = layer.parameters.map(({ gradient }) => gradient.slice())
    rows.forEach((__, i) => {
      expect(forRows[i]).toBeCloseTo(slope(rows, i), 6)
    })
    layer.parameters.forEach(({ values }, index) => {
      values.forEach((___, i) => {
        expect(gradients[index]![i]).toBeCloseTo(slope(values, i), 6)
      })
    })
  })

  it('scores a row as it does among others', () => {
    const all = layer.forward(rows, ROWS, 'scoring').slice(0, ROWS * layer.outputs)
    for (let row = 0; row < ROWS; row++) {
      const one = layer.forward(rows.slice(row * layer.inputs, (row + 1) * layer.inputs), 1, 'scoring')
      expect(one.slice(0, layer.outputs)).toEqual(all.slice(row * layer.outputs, (row + 1) * layer.outputs))
    }
  })
})

it('the gradient of a latent layer holds that of its divergence, up to the capacity', () => {
  const rows = gaussianRows(ROWS, 4, 1).data
  const nothing = new Float64Array(ROWS * 2)
  const gradientsAt = (capacity: number) => {
    source.rewind()
    const layer = latent({ ...normals, beta: 2, capacity })
    const heads = layer.parameters.map(({ values }) => values)
    layer.forward(rows, ROWS, 'training')
    layer.backward(nothing, ROWS)
    return { heads, gradient: layer.parameters[1]!.gradient }
  }
  const { heads, gradient } = gradientsAt(1e9)
  const [weights, biases] = heads as [Float64Array, Float64Array]
  // Of the biases: twice the mean of the means, and of half the variances less one.
  const head = (row: number, j: number) =>
    biases[j]! + [0, 1, 2, 3].reduce((total, i) => total + weights[j * 4 + i]! * rows[row * 4 + i]!, 0)
  const mean = (of: (row: number) => number) =>
    [0, 1, 2, 3, 4].reduce((total, row) => total + of(row), 0) / ROWS
  for (const j of [0, 1]) {
    expect(gradient[j]).toBeCloseTo(2 * mean((row) => head(row, j)), 9)
    expect(gradient[j + 2]).toBeCloseTo(2 * mean((row) => (Math.exp(head(row, j + 2)) - 1) / 2), 9)
  }
  expect(gradientsAt(0).gradient).toEqual(new Float64Array(4))
})

it('a latent layer scores with the means', () => {
  const layer = latent({ ...normals, beta: 1, capacity: 1 })
  const rows = gaussianRows(ROWS, 4, 1).data
  const scored = layer.forward(rows, ROWS, 'scoring').slice()
  expect(layer.forward(rows, ROWS, 'scoring').slice()).toEqual(scored)
  expect(layer.forward(rows, ROWS, 'training').slice()).not.toEqual(scored)
})

it('batch norm keeps running means and variances, and dropout the mean', () => {
  const norm = batchNorm(1)
  norm.forward(Float64Array.of(1, 3), 2, 'training')
  expect(norm.buffers.map((buffer) => buffer[0])).toEqual([expect.closeTo(0.2, 12), expect.closeTo(1.1, 12)])
  const ones = new Float64Array(10_000).fill(1)
  const thinned = dropout(0.3, 100, createRandom(1)).forward(ones, 100, 'training')
  expect(thinned.reduce((total, value) => total + value, 0) / 10_000).toBeCloseTo(1, 1)
  expect(new Set(thinned)).toEqual(new Set([0, 1 / 0.7]))
})

it('softmax and layer norm stay finite for huge numbers', () => {
  expect(Array.from(softmax(2).forward(Float64Array.of(1e300, -1e300), 1, 'scoring'))).toEqual([1, 0])
  expect(Array.from(layerNorm(2).forward(Float64Array.of(5, 5), 1, 'scoring'))).toEqual([0, 0])
})

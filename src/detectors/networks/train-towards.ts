import type { Random } from '../../core/random.ts'
import { forEachBatch } from './batches.ts'
import { createRoom, type Layer, type Parameter } from './layer.ts'
import { keepNumbers } from './network.ts'
import { createOptimiser, type OptimiserOptions } from './optimiser.ts'

export interface CentreTraining extends OptimiserOptions {
  /** The outputs, which are as wide as the rows, are to be like the rows too. */
  readonly rebuild: boolean
  readonly epochs: number
  /** Rows of a step. */
  readonly size: number
  readonly random: Random
}

// Weight of the norms of the parameters in the loss, besides the decay of the optimiser.
const NORMS = 1e-6

/** Trains a network to give outputs near a centre, and leaves it with the numbers of the epoch of the least loss. */
export function trainTowards(
  centre: Float64Array,
  net: Layer,
  data: Float64Array,
  { rebuild, epochs, size, random, ...steps }: CentreTraining,
): void {
  const step = createOptimiser(net.parameters, steps)
  const best = keepNumbers(net)
  const error = createRoom(net.outputs)
  const rows = { data, columns: net.inputs }
  let least = Number.POSITIVE_INFINITY
  for (let epoch = 0; epoch < epochs; epoch++) {
    let loss = 0
    forEachBatch(rows, { size, rest: true, random }, (batch, count) => {
      const made = net.forward(batch, count, 'training')
      const gradient = error(count)
      loss += towards(centre, { made, count, gradient, batch: rebuild ? batch : undefined })
      net.backward(gradient, count)
      for (const parameter of net.parameters) loss += addNorm(parameter)
      step()
    })
    if (!(loss < least)) continue
    least = loss
    best.keep()
  }
  best.restore()
}

interface Step {
  readonly made: Float64Array
  readonly count: number
  /** Receives the gradient for what was made. */
  readonly gradient: Float64Array
  /** The rows that are to be rebuilt too. */
  readonly batch: Float64Array | undefined
}

/** The mean squared distance of outputs to the centre, and to the batch if there is one. */
function towards(centre: Float64Array, { made, count, gradient, batch }: Step): number {
  const width = centre.length
  let loss = 0
  for (let row = 0, i = 0; row < count; row++)
    for (let j = 0; j < width; j++, i++) {
      const off = made[i]! - centre[j]!
      const error = batch === undefined ? 0 : (made[i]! - batch[i]!) / width
      loss += (off * off + error * error * width) / count
      gradient[i] = (2 * (off + error)) / count
    }
  return loss
}

/** The weighted norm of a parameter; its gradient is added to that of the parameter. */
function addNorm({ values, gradient }: Parameter): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2
  if (squares === 0) return 0
  const norm = Math.sqrt(squares)
  for (let i = 0; i < values.length; i++) gradient[i]! += (NORMS * values[i]!) / norm
  return NORMS * norm
}

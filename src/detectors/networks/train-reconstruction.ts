import type { Random } from '../../core/random.ts'
import { forEachBatch } from './batches.ts'
import { createRoom, type Layer } from './layer.ts'
import { createOptimiser, type OptimiserOptions } from './optimiser.ts'

export interface ReconstructionTraining extends OptimiserOptions {
  readonly epochs: number
  /** Rows of a step. */
  readonly size: number
  readonly random: Random
}

/** Trains a network to give back the rows that it is given, by their mean squared error. */
export function trainReconstruction(
  net: Layer,
  data: Float64Array,
  { epochs, size, random, ...steps }: ReconstructionTraining,
): void {
  const error = createRoom(net.outputs)
  const step = createOptimiser(net.parameters, steps)
  for (let epoch = 0; epoch < epochs; epoch++)
    forEachBatch({ data, columns: net.inputs }, { size, rest: false, random }, (batch, count) => {
      const made = net.forward(batch, count, 'training')
      const cells = count * net.inputs
      // Not in the place of what was made, which the last layer remembers.
      const gradient = error(count)
      for (let i = 0; i < cells; i++) gradient[i] = (2 * (made[i]! - batch[i]!)) / cells
      net.backward(gradient, count)
      step()
    })
}

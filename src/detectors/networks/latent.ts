import type { Random } from '../../core/random.ts'
import { normal } from '../statistics/draw.ts'
import { createRoom, type Layer } from './layer.ts'
import { linear } from './linear.ts'

export interface LatentOptions {
  readonly inputs: number
  readonly outputs: number
  /** Weight of the divergence in the loss. */
  readonly beta: number
  /** The divergence above which it no longer counts. */
  readonly capacity: number
  /** What the logarithms of variances are kept within. */
  readonly clip: readonly [number, number]
  readonly random: Random
}

/**
 * Makes of its inputs the mean and the variance of normal numbers: in training it draws them, in scoring they are their means. To the gradient of
 * the loss it adds that of `beta` times their Kullback-Leibler divergence from standard normal ones (Kingma, Welling 2014), a mean over the batch
 * that counts up to `capacity` (Burgess et al. 2018).
 */
export function latent({ inputs, outputs, beta, capacity, clip, random }: LatentOptions): Layer {
  const both = linear({ inputs, outputs: 2 * outputs, bias: true, start: 'plain', random })
  const [room, deviations, back] = [createRoom(outputs), createRoom(outputs), createRoom(2 * outputs)]
  const [lowest, highest] = clip
  let made = new Float64Array()
  let divergence = 0

  function draw(count: number): Float64Array {
    const [result, drawn] = [room(count), deviations(count)]
    divergence = 0
    for (let row = 0, i = 0, mean = 0; row < count; row++, mean += outputs)
      for (let j = 0; j < outputs; j++, i++, mean++) {
        const middle = made[mean]!
        const log = Math.max(lowest, Math.min(highest, made[mean + outputs]!))
        divergence += (middle * middle + Math.exp(log) - 1 - log) / (2 * count)
        drawn[i] = normal(random) * Math.exp(log / 2)
        result[i] = middle + drawn[i]!
      }
    return result
  }

  return {
    inputs,
    outputs,
    parameters: both.parameters,
    buffers: [],
    forward(rows, count, mode) {
      made = both.forward(rows, count, mode) as Float64Array<ArrayBuffer>
      if (mode === 'training') return draw(count)
      const result = room(count)
      for (let row = 0; row < count; row++)
        for (let j = 0; j < outputs; j++) result[row * outputs + j] = made[2 * row * outputs + j]!
      return result
    },
    backward(gradient, count) {
      const [result, drawn] = [back(count), deviations(count)]
      const weight = divergence <= capacity ? beta / count : 0
      for (let row = 0, i = 0, mean = 0; row < count; row++, mean += outputs)
        for (let j = 0; j < outputs; j++, i++, mean++) {
          const log = made[mean + outputs]!
          result[mean] = gradient[i]! + weight * made[mean]!
          result[mean + outputs] =
            log < lowest || log > highest ? 0 : (gradient[i]! * drawn[i]! + weight * (Math.exp(log) - 1)) / 2
        }
      return both.backward(result, count)
    },
  }
}

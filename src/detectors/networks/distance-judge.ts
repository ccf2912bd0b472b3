import type { Random } from '../../core/random.ts'
import { activation } from './activation.ts'
import { batchNorm } from './batch-norm.ts'
import type { Layer } from './layer.ts'
import { layerNorm } from './layer-norm.ts'
import { linear } from './linear.ts'
import { network } from './network.ts'
import { softmax } from './softmax.ts'
import { weightedSum } from './weighted-sum.ts'

export const JUDGES = ['WEIGHT', 'SCORE'] as const

const UNITS = 256

/** A network that makes one score of the distances to the nearest rows: a weighted mean of them, brought to one scale, or a number in 0..1. */
export function distanceJudge(kind: (typeof JUDGES)[number], distances: number, random: Random): Layer {
  const sum = (inputs: number, outputs: number) =>
    linear({ inputs, outputs, bias: true, start: 'plain', random })
  const curve = kind === 'WEIGHT' ? 'relu' : 'tanh'
  const hidden = [distances, UNITS, UNITS].flatMap((inputs) => [sum(inputs, UNITS), activation(curve, UNITS)])
  return kind === 'SCORE'
    ? network([...hidden, sum(UNITS, 1), activation('sigmoid', 1)])
    : network([
        weightedSum(network([...hidden, layerNorm(UNITS), sum(UNITS, distances), softmax(distances)])),
        batchNorm(1),
      ])
}

import type { Random } from '../../core/random.ts'
import { type Activation, activation } from './activation.ts'
import { batchNorm } from './batch-norm.ts'
import { dropout } from './dropout.ts'
import type { Layer } from './layer.ts'
import { linear } from './linear.ts'

export interface BlockOptions {
  readonly activation: Activation
  readonly batchNorm: boolean
  /** Probability that a number is left out in training. */
  readonly dropout: number
  readonly random: Random
}

/** The layers from `widths[0]` numbers to `widths[1]`, and on to the last: each a weighted sum, normalised over the batch, bent, and thinned out. */
export function blocks(
  widths: readonly number[],
  { activation: curve, batchNorm: normalised, dropout: rate, random }: BlockOptions,
): readonly Layer[] {
  return widths
    .slice(1)
    .flatMap((outputs, index) => [
      linear({ inputs: widths[index]!, outputs, bias: true, start: 'rectifier', random }),
      ...(normalised ? [batchNorm(outputs)] : []),
      ...(curve === 'identity' ? [] : [activation(curve, outputs)]),
      ...(rate > 0 ? [dropout(rate, outputs, random)] : []),
    ])
}

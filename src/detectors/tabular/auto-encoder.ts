import { z } from 'zod'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable } from '../checks.ts'
import { contaminationOption, defineDetector, type ModelState } from '../detector.ts'
import { ACTIVATIONS, type Activation } from '../networks/activation.ts'
import { blocks } from '../networks/block.ts'
import type { Layer } from '../networks/layer.ts'
import { linear } from '../networks/linear.ts'
import { giveNumbers, network, takeFinite } from '../networks/network.ts'
import {
  activationOption,
  dropoutOption,
  epochsOption,
  trainingOptions,
  widthsOption,
} from '../networks/network-options.ts'
import { readWidths, reconstructionModel } from '../networks/reconstruction.ts'
import { readStandard, standardOf, standardRows } from '../networks/standard-rows.ts'
import { trainReconstruction } from '../networks/train-reconstruction.ts'
import type { Standard } from '../statistics/standardise.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  ...trainingOptions,
  epoch_num: epochsOption(10),
  hidden_neuron_list: widthsOption(
    [64, 32],
    'Units of the layers up to the narrowest one; those after it mirror them.',
  ),
  hidden_activation_name: activationOption('relu', 'What bends the numbers between layers.'),
  batch_norm: z
    .boolean()
    .default(true)
    .meta({ description: 'Normalise the numbers between layers over each batch.' }),
  dropout_rate: dropoutOption,
})

interface Shape {
  readonly hidden: readonly number[]
  readonly activation: Activation
  readonly batchNorm: boolean
}

/**
 * Score = Euclidean distance between a standardised row and what a network that squeezes it through few numbers makes of it. The network is
 * computed with 64 bits and kept with 32. Fewer rows than a batch are one batch, where PyOD does not train at all. Cells beyond 1e12 standard
 * deviations count as that.
 */
export const autoEncoder = defineDetector({
  name: 'AutoEncoder',
  summary: 'How far a row is from what a neural network can rebuild of it.',
  source:
    'PyOD 3.6.7 pyod/models/auto_encoder.py; Sakurada, Yairi: Anomaly detection using autoencoders with nonlinear dimensionality reduction (2014)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'epochs · n · weights', score: 'weights' },
  tuning: {
    hidden_neuron_list: [
      [64, 32],
      [16, 4],
      [8, 2],
    ],
  },
  options,
  example: { hidden_neuron_list: [32, 8], epoch_num: 20 },
  fit(data, chosen, { random }) {
    requireTrainable('AutoEncoder', data, 2)
    const rng = chosen.random_state === null ? random : createRandom(chosen.random_state)
    const shape = {
      hidden: chosen.hidden_neuron_list,
      activation: chosen.hidden_activation_name,
      batchNorm: chosen.batch_norm,
    }
    const standard = standardOf(data, chosen.preprocessing)
    const net = build(data.columns, shape, { dropout: chosen.dropout_rate, random: rng })
    trainReconstruction(net, standardRows(data, standard), {
      epochs: chosen.epoch_num,
      size: chosen.batch_size,
      kind: chosen.optimizer_name,
      rate: chosen.lr,
      decay: chosen.optimizer_params.weight_decay,
      random: rng,
    })
    const numbers = takeFinite('AutoEncoder', net)
    const model = createModel(net, shape, { standard, numbers })
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('AutoEncoder', state)
    const standard = readStandard(read)
    const shape = {
      hidden: readWidths('AutoEncoder', state, 'hidden'),
      activation: read.text('activation', ACTIVATIONS),
      batchNorm: read.number('batchNorm') === 1,
    }
    const net = build(standard.mean.length, shape, { dropout: 0, random: createRandom(0) })
    const numbers = read.array('numbers', Float32Array)
    read.require(giveNumbers(net, numbers), 'its numbers are not those of its layers')
    return createModel(net, shape, { standard, numbers })
  },
})

function build(
  columns: number,
  { hidden, activation, batchNorm }: Shape,
  { dropout, random }: { readonly dropout: number; readonly random: Random },
): Layer {
  const block = { activation, batchNorm, dropout, random }
  const inner = [columns, ...hidden, ...hidden.slice(0, -1).reverse()]
  return network([
    ...blocks(inner, block),
    linear({ inputs: inner.at(-1)!, outputs: columns, bias: true, start: 'plain', random }),
  ])
}

function createModel(
  net: Layer,
  { hidden, activation, batchNorm }: Shape,
  { standard, numbers }: { readonly standard: Standard; readonly numbers: Float32Array },
) {
  const state: ModelState = {
    hidden: Int32Array.from(hidden),
    activation,
    batchNorm: batchNorm ? 1 : 0,
    numbers,
  }
  return reconstructionModel('AutoEncoder', {
    standard,
    state,
    net,
  })
}

import { z } from 'zod'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable } from '../checks.ts'
import { contaminationOption, defineDetector, type Model } from '../detector.ts'
import { ACTIVATIONS, type Activation } from '../networks/activation.ts'
import { blocks } from '../networks/block.ts'
import { latent } from '../networks/latent.ts'
import type { Layer } from '../networks/layer.ts'
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

// Where exponentials are still finite numbers that a network can be trained with.
const WIDEST: [number, number] = [-60, 60]

const options = z.strictObject({
  contamination: contaminationOption,
  ...trainingOptions,
  epoch_num: epochsOption(30),
  beta: z.number().nonnegative().default(1).meta({
    description: 'Weight of the divergence of the latent numbers from standard normal ones.',
  }),
  capacity: z.number().nonnegative().default(0).meta({
    description: 'The divergence above which training no longer lowers it; 0 leaves it out.',
  }),
  encoder_neuron_list: widthsOption([128, 64, 32], 'Units of the layers before the latent numbers.'),
  decoder_neuron_list: widthsOption([32, 64, 128], 'Units of the layers after the latent numbers.'),
  latent_dim: z
    .int()
    .min(1)
    .max(4096)
    .default(2)
    .meta({ description: 'How many latent numbers a row is squeezed through.' }),
  hidden_activation_name: activationOption('relu', 'What bends the numbers between layers.'),
  output_activation_name: activationOption('identity', 'What bends the numbers of the last layer.'),
  batch_norm: z
    .boolean()
    .default(false)
    .meta({ description: 'Normalise the numbers between layers over each batch.' }),
  dropout_rate: dropoutOption,
  logvar_clip: z
    .tuple([z.number(), z.number()])
    .refine(([lowest, highest]) => lowest < highest, { error: 'the first must be less than the second' })
    .nullable()
    .default([-30, 20])
    .meta({ description: 'Bounds of the logarithms of the latent variances; null is -60 to 60.' }),
})

interface Shape {
  readonly encoder: readonly number[]
  readonly latent: number
  readonly decoder: readonly number[]
  readonly activation: Activation
  readonly output: Activation
  readonly batchNorm: boolean
}

/** What only training needs. */
interface Training {
  readonly dropout: number
  readonly beta: number
  readonly capacity: number
  readonly clip: readonly [number, number]
  readonly random: Random
}

/**
 * Score = Euclidean distance between a standardised row and what the network makes of it through the means of its latent numbers. PyOD draws these
 * numbers in scoring too, so that its score of a row is another one each time. As in PyOD a divergence above `capacity` has no effect on training,
 * so that by default there is none. The network is computed with 64 bits and kept with 32. Fewer rows than a batch are one batch, where PyOD does
 * not train at all. Cells beyond 1e12 standard deviations count as that.
 */
export const vae = defineDetector({
  name: 'VAE',
  summary: 'How far a row is from what a neural network can rebuild of it through a few normal numbers.',
  source:
    'PyOD 3.6.7 pyod/models/vae.py; Kingma, Welling: Auto-encoding variational Bayes (2014); Burgess et al.: Understanding disentangling in beta-VAE (2018)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'epochs · n · weights', score: 'weights' },
  tuning: { latent_dim: [2, 4], dropout_rate: [0.2, 0] },
  options,
  example: { encoder_neuron_list: [32, 16], decoder_neuron_list: [16, 32], latent_dim: 2 },
  fit(data, chosen, { random }) {
    requireTrainable('VAE', data, 2)
    const rng = chosen.random_state === null ? random : createRandom(chosen.random_state)
    const shape = {
      encoder: chosen.encoder_neuron_list,
      latent: chosen.latent_dim,
      decoder: chosen.decoder_neuron_list,
      activation: chosen.hidden_activation_name,
      output: chosen.output_activation_name,
      batchNorm: chosen.batch_norm,
    }
    const standard = standardOf(data, chosen.preprocessing)
    const net = build(data.columns, shape, {
      dropout: chosen.dropout_rate,
      beta: chosen.beta,
      capacity: chosen.capacity,
      clip: chosen.logvar_clip ?? WIDEST,
      random: rng,
    })
    trainReconstruction(net, standardRows(data, standard), {
      epochs: chosen.epoch_num,
      size: chosen.batch_size,
      kind: chosen.optimizer_name,
      rate: chosen.lr,
      decay: chosen.optimizer_params.weight_decay,
      random: rng,
    })
    const model = createModel(net, shape, { standard, numbers: takeFinite('VAE', net) })
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('VAE', state)
    const standard = readStandard(read)
    const width = read.number('latent')
    read.require(Number.isInteger(width) && width > 0 && width <= 1e6, '"latent" is no width of a layer')
    const shape = {
      encoder: readWidths('VAE', state, 'encoder'),
      latent: width,
      decoder: readWidths('VAE', state, 'decoder'),
      activation: read.text('activation', ACTIVATIONS),
      output: read.text('output', ACTIVATIONS),
      batchNorm: read.number('batchNorm') === 1,
    }
    const net = build(standard.mean.length, shape, {
      dropout: 0,
      beta: 0,
      capacity: 0,
      clip: WIDEST,
      random: createRandom(0),
    })
    const numbers = read.array('numbers', Float32Array)
    read.require(giveNumbers(net, numbers), 'its numbers are not those of its layers')
    return createModel(net, shape, { standard, numbers })
  },
})

function build(columns: number, shape: Shape, { dropout, beta, capacity, clip, random }: Training): Layer {
  const { encoder, latent: width, decoder, activation, output, batchNorm } = shape
  const block = { activation, batchNorm, dropout, random }
  const last = { activation: output, batchNorm: false, dropout: 0, random }
  return network([
    ...blocks([columns, ...encoder], block),
    latent({ inputs: encoder.at(-1)!, outputs: width, beta, capacity, clip, random }),
    ...blocks([width, ...decoder], block),
    ...blocks([decoder.at(-1)!, columns], last),
  ])
}

function createModel(
  net: Layer,
  shape: Shape,
  { standard, numbers }: { readonly standard: Standard; readonly numbers: Float32Array },
): Model {
  return reconstructionModel('VAE', {
    standard,
    state: {
      encoder: Int32Array.from(shape.encoder),
      latent: shape.latent,
      decoder: Int32Array.from(shape.decoder),
      activation: shape.activation,
      output: shape.output,
      batchNorm: shape.batchNorm ? 1 : 0,
      numbers,
    },
    net,
  })
}

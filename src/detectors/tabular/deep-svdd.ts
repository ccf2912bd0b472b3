import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Model } from '../detector.ts'
import { ACTIVATIONS, type Activation, activation } from '../networks/activation.ts'
import { dropout } from '../networks/dropout.ts'
import { inBlocks } from '../networks/in-blocks.ts'
import type { Layer } from '../networks/layer.ts'
import { linear } from '../networks/linear.ts'
import { giveNumbers, network, takeFinite } from '../networks/network.ts'
import { activationOption, dropoutOption, epochsOption, widthsOption } from '../networks/network-options.ts'
import { OPTIMISERS } from '../networks/optimiser.ts'
import { readWidths } from '../networks/reconstruction.ts'
import { readStandard, standardOf, standardRows } from '../networks/standard-rows.ts'
import { trainTowards } from '../networks/train-towards.ts'
import type { Standard } from '../statistics/standardise.ts'

// A network without biases can give 0 whatever it is given, if its weights are 0: the centre has to be farther off.
const LEAST = 0.1
// What the square of a distance counts as that has overflowed.
const LARGEST = 1e300

const options = z.strictObject({
  contamination: contaminationOption,
  c: z
    .union([z.number(), z.array(z.number()).min(1)])
    .refine((centre) => [centre].flat().some((value) => value !== 0), { error: 'must not be all zeros' })
    .nullable()
    .default(null)
    .meta({
      description:
        'The centre, or one number for all its coordinates; null is the mean of the first outputs.',
    }),
  use_ae: z.boolean().default(false).meta({
    description:
      'Mirror the layers, so that outputs are as wide as rows, and train them to be like the rows too.',
  }),
  hidden_neurons: widthsOption([64, 32], 'Units of the layers.'),
  hidden_activation: activationOption('relu', 'What bends the numbers after each layer.'),
  output_activation: activationOption('sigmoid', 'What bends the outputs when use_ae is true.'),
  optimizer: z.enum(OPTIMISERS).default('adam').meta({ description: 'The way of training.' }),
  learning_rate: z
    .number()
    .positive()
    .default(1e-4)
    .meta({ description: 'Length of the steps of training.' }),
  epochs: epochsOption(100),
  batch_size: z.int().min(1).default(32).meta({ description: 'Rows that a step of training looks at.' }),
  dropout_rate: dropoutOption,
  l2_regularizer: z
    .number()
    .nonnegative()
    .default(5e-7)
    .meta({ description: 'Pull of the weights towards 0.' }),
  preprocessing: z
    .boolean()
    .default(true)
    .meta({ description: 'Bring every column to mean 0 and variance 1 first.' }),
  random_state: z
    .int()
    .nullable()
    .default(null)
    .meta({ description: "Seed of weights and batches; null takes the metric's own." }),
  n_features: ignoredOption,
  validation_size: ignoredOption,
  verbose: ignoredOption,
})

interface Shape {
  readonly hidden: readonly number[]
  readonly mirrored: boolean
  readonly activation: Activation
  readonly output: Activation
}

interface Parts {
  readonly standard: Standard
  readonly centre: Float64Array
  readonly numbers: Float32Array
}

/**
 * Score = squared distance of the outputs of a network to a centre that the training rows were drawn to, with the weights of the epoch of the least
 * loss. As in PyOD the first and the last layer are never thinned out, so that `dropout_rate` has an effect only with three layers or `use_ae`.
 * A centre of zeros, for which PyOD refuses to train, is moved to 0.1, and with `use_ae` layers may be wider than rows. There are no golden vectors of
 * PyOD with `use_ae`, because its own runs, whose centre is a matter of their seed, disagree with each other. The network is computed with 64 bits and
 * kept with 32. Cells beyond 1e12 standard deviations count as that.
 */
export const deepSvdd = defineDetector({
  name: 'DeepSVDD',
  summary: 'How far a neural network that draws usual rows together puts a row from their centre.',
  source: 'PyOD 3.6.7 pyod/models/deep_svdd.py; Ruff et al.: Deep one-class classification (2018)',
  family: 'tabular',
  complexity: { fit: 'epochs · n · weights', score: 'weights' },
  tuning: { epochs: [50, 100], learning_rate: [1e-4, 1e-3] },
  options,
  example: { hidden_neurons: [32, 16], epochs: 50 },
  fit(data, chosen, { random }) {
    requireTrainable('DeepSVDD', data, 2)
    const rng = chosen.random_state === null ? random : createRandom(chosen.random_state)
    const shape = {
      hidden: chosen.hidden_neurons,
      mirrored: chosen.use_ae,
      activation: chosen.hidden_activation,
      output: chosen.output_activation,
    }
    const standard = standardOf(data, chosen.preprocessing)
    const net = build(data.columns, shape, { rate: chosen.dropout_rate, random: rng })
    const rows = standardRows(data, standard)
    const centre = chosen.c === null ? centreOf(net, rows) : givenCentre(chosen.c, net.outputs)
    trainTowards(centre, net, rows, {
      rebuild: chosen.use_ae,
      epochs: chosen.epochs,
      size: chosen.batch_size,
      kind: chosen.optimizer,
      rate: chosen.learning_rate,
      decay: chosen.l2_regularizer,
      random: rng,
    })
    const model = createModel(net, shape, { standard, centre, numbers: takeFinite('DeepSVDD', net) })
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('DeepSVDD', state)
    const standard = readStandard(read)
    const shape = {
      hidden: readWidths('DeepSVDD', state, 'hidden'),
      mirrored: read.number('mirrored') === 1,
      activation: read.text('activation', ACTIVATIONS),
      output: read.text('output', ACTIVATIONS),
    }
    const net = build(standard.mean.length, shape, { rate: 0, random: createRandom(0) })
    const [centre, numbers] = [read.array('centre', Float64Array), read.array('numbers', Float32Array)]
    read.require(centre.length === net.outputs && centre.every(Number.isFinite), 'its centre is not valid')
    read.require(giveNumbers(net, numbers), 'its numbers are not those of its layers')
    return createModel(net, shape, { standard, centre, numbers })
  },
})

function build(
  columns: number,
  { hidden, mirrored, activation: curve, output }: Shape,
  { rate, random }: { readonly rate: number; readonly random: Random },
): Layer {
  const layer = (inputs: number, outputs: number, { bend, thin }: { bend: Activation; thin: boolean }) => [
    linear({ inputs, outputs, bias: false, start: 'plain', random }),
    activation(bend, outputs),
    ...(thin && rate > 0 ? [dropout(rate, outputs, random)] : []),
  ]
  const down = [columns, ...hidden]
  const up = mirrored ? hidden.toReversed() : []
  return network([
    ...hidden.flatMap((width, i) =>
      layer(down[i]!, width, { bend: curve, thin: i > 0 && i < hidden.length - 1 }),
    ),
    ...up.slice(1).flatMap((width, i) => layer(up[i]!, width, { bend: curve, thin: true })),
    ...(mirrored ? layer(hidden[0]!, columns, { bend: output, thin: false }) : []),
  ])
}

/** The mean of the outputs for all rows, with coordinates near 0 moved away from it; units that are off for all rows stay at 0. */
function centreOf(net: Layer, rows: Float64Array): Float64Array {
  const centre = new Float64Array(net.outputs)
  const count = rows.length / net.inputs
  inBlocks(net, rows, (made, _, size) => {
    for (let i = 0; i < size * net.outputs; i++) centre[i % net.outputs]! += made[i]! / count
  })
  for (let j = 0; j < centre.length; j++)
    if (Math.abs(centre[j]!) < LEAST) centre[j] = LEAST * Math.sign(centre[j]!)
  return centre.every((value) => value === 0) ? centre.fill(LEAST) : centre
}

function givenCentre(given: number | readonly number[], width: number): Float64Array {
  if (typeof given === 'number') return new Float64Array(width).fill(given)
  if (given.length === width) return Float64Array.from(given)
  throw new AnomstackError(
    'TRAINING_IMPOSSIBLE',
    `DeepSVDD was given a centre c of ${given.length} coordinates for outputs of ${width}`,
  )
}

function createModel(net: Layer, shape: Shape, { standard, centre, numbers }: Parts): Model {
  return {
    state: {
      hidden: Int32Array.from(shape.hidden),
      mirrored: shape.mirrored ? 1 : 0,
      activation: shape.activation,
      output: shape.output,
      centre,
      numbers,
      mean: standard.mean,
      scale: standard.scale,
    },
    score(data) {
      requireWidth('DeepSVDD', data, standard.mean.length)
      const scores = new Float64Array(data.rows)
      inBlocks(net, standardRows(data, standard), (made, start, count) => {
        for (let row = 0, i = 0; row < count; row++) {
          let sum = 0
          for (let j = 0; j < centre.length; j++, i++) sum += (made[i]! - centre[j]!) ** 2
          scores[start + row] = Number.isFinite(sum) ? sum : LARGEST
        }
      })
      return scores
    },
  }
}

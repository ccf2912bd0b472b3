import { z } from 'zod'
import { ignoredOption } from '../detector.ts'
import { ACTIVATIONS } from './activation.ts'
import { OPTIMISERS } from './optimiser.ts'

const SEED = 42

/** The options of PyOD's detectors that train a network to give back what it was given. */
export const trainingOptions = {
  preprocessing: z
    .boolean()
    .default(true)
    .meta({ description: 'Bring every column to mean 0 and variance 1 first.' }),
  lr: z.number().positive().default(1e-3).meta({ description: 'Length of the steps of training.' }),
  batch_size: z.int().min(2).default(32).meta({ description: 'Rows that a step of training looks at.' }),
  optimizer_name: z.enum(OPTIMISERS).default('adam').meta({ description: 'The way of training.' }),
  optimizer_params: z
    .strictObject({
      weight_decay: z
        .number()
        .nonnegative()
        .default(1e-5)
        .meta({ description: 'Pull of the weights towards 0.' }),
    })
    .default({ weight_decay: 1e-5 })
    .meta({ description: 'Further settings of the way of training.' }),
  random_state: z
    .int()
    .nullable()
    .default(SEED)
    .meta({ description: "Seed of weights and batches; null takes the metric's own." }),
  device: ignoredOption,
  use_compile: ignoredOption,
  compile_mode: ignoredOption,
  verbose: ignoredOption,
}

export const epochsOption = (count: number) =>
  z.int().min(1).default(count).meta({ description: 'How often training goes over all rows.' })

export const activationOption = (curve: (typeof ACTIVATIONS)[number], description: string) =>
  z.enum(ACTIVATIONS).default(curve).meta({ description })

export const widthsOption = (widths: readonly number[], description: string) =>
  z
    .array(z.int().min(1).max(4096))
    .min(1)
    .default([...widths])
    .meta({ description })

export const dropoutOption = z.number().min(0).lt(1).default(0.2).meta({
  description: 'Share of the units that each step of training leaves out.',
})

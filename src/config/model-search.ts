import { z } from 'zod'

const list = <Item extends z.ZodType>(item: Item) => z.array(item).min(1)
const steps = (values: readonly number[], description: string) =>
  list(z.int().min(0))
    .default([...values])
    .meta({ description })

/** How training looks for a better way to judge the metrics of a batch. */
export const modelSearch = z.strictObject({
  method: z.enum(['none', 'random', 'grid']).default('none').meta({
    description:
      'How other ways to judge the metrics are looked for in training: not at all, at random, or one after the other. What is in use is changed only for what is better on points that no candidate was fitted to.',
  }),
  trials: z.int().min(1).default(20).meta({ description: 'Candidates that are tried, at most.' }),
  every_days: z
    .int()
    .min(1)
    .default(7)
    .meta({ description: 'A choice holds so many days, or until the settings of the search change.' }),
  metrics: z
    .int()
    .min(1)
    .default(20)
    .meta({ description: 'Metrics of the batch that candidates are tried on, at most.' }),
  detectors: z
    .array(
      z.strictObject({
        model_name: z.string().meta({ description: 'Name of a detector that is tried.' }),
        model_params: z
          .record(z.string(), list(z.unknown()))
          .default({})
          .meta({ description: 'Values of its parameters that are tried, a list for each.' }),
      }),
    )
    .default([])
    .meta({
      description: 'Detectors that are tried; when there are none, a selection of the built-in ones.',
    }),
  together: z
    .int()
    .min(1)
    .max(5)
    .default(2)
    .meta({ description: 'So many detectors judge together in a candidate, at most.' }),
  diff_n: steps([0, 1], 'Values of diff_n that are tried.'),
  smooth_n: steps([0, 3], 'Values of smooth_n that are tried.'),
  lags_n: steps([2, 5, 11], 'Values of lags_n that are tried.'),
})

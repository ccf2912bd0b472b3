import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, type Detector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import { rowSums } from '../statistics/row-sums.ts'
import { REFERENCES, type Reference, type TailMeter, type Tails, tailsOf } from './tails.ts'

/** The options of a detector that judges by tails. */
export const tailOptions = z.strictObject({
  contamination: contaminationOption,
  reference: z.enum(REFERENCES).default('train').meta({
    description:
      'What a new row is compared with: train is the training rows; pyod is those and the row itself, as in PyOD when it is asked about one row.',
  }),
  n_jobs: ignoredOption,
})

/** Of each cell, what it adds to the score of its row; may write over the tails. */
export type JoinTails = (tails: Tails) => Float64Array

/** A detector whose score of a row is the sum of what `join` makes of its cells, which explain it. */
export function judgeByTails(name: string, join: JoinTails): Detector<z.output<typeof tailOptions>> {
  const createModel = (training: Matrix, reference: Reference, meter: TailMeter): Model => {
    const explain = (data: Matrix): Float64Array => {
      requireWidth(name, data, training.columns)
      return join(meter.measure(data, reference))
    }
    return {
      state: { training, reference },
      score: (data) => rowSums(explain(data), training.columns),
      explain,
    }
  }
  return {
    fit(data, { reference }) {
      requireTrainable(name, data, 1)
      const training = { ...data, data: data.data.slice() }
      const meter = tailsOf(training)
      return {
        model: createModel(training, reference, meter),
        trainScores: rowSums(join(meter.measure(training, 'train')), training.columns),
      }
    },
    restore(state) {
      const read = readState(name, state)
      const training = read.matrix('training')
      read.require(training.rows > 0 && training.columns > 0, 'it has no training rows')
      return createModel(training, read.text('reference', REFERENCES), tailsOf(training))
    },
  }
}

import { requireTrainable, requireWidth } from '../checks.ts'
import type { Fitted, Matrix, Model, ModelState } from '../detector.ts'

/** What learns from one row after the other. A row stands in `data` from `offset` on. */
export interface Learner {
  /** How strange the row is after those learned so far; changes nothing. */
  score(data: Float64Array, offset: number): number
  /** The score of the row-th row learned, one of the first, where `score` cannot tell what it would be had the row not been learned. */
  scoreLearned?(row: number): number
  learn(data: Float64Array, offset: number): void
  /** A copy. */
  state(): ModelState
}

/**
 * Learns the rows in their order. Each is judged before it is learned; only the first `warmUp`, for which there is nothing to judge by, are
 * judged when the last of them has been learned.
 */
export function learnInOrder(
  detector: string,
  learner: Learner,
  { data, warmUp }: { readonly data: Matrix; readonly warmUp: number },
): Fitted {
  const { data: values, rows, columns } = data
  const trainScores = new Float64Array(rows)
  const first = Math.min(rows, warmUp)
  for (let row = 0; row < first; row++) learner.learn(values, row * columns)
  for (let row = 0; row < first; row++)
    trainScores[row] = learner.scoreLearned?.(row) ?? learner.score(values, row * columns)
  for (let row = first; row < rows; row++) {
    trainScores[row] = learner.score(values, row * columns)
    learner.learn(values, row * columns)
  }
  return { model: onlineModel(detector, learner, columns), trainScores }
}

/** The model that a learner is. Rows to learn from are refused as those of a training are. */
export function onlineModel(detector: string, learner: Learner, columns: number): Model {
  return {
    get state() {
      return learner.state()
    },
    score(data) {
      requireWidth(detector, data, columns)
      const scores = new Float64Array(data.rows)
      for (let row = 0; row < data.rows; row++) scores[row] = learner.score(data.data, row * columns)
      return scores
    },
    partialFit(data) {
      requireWidth(detector, data, columns)
      requireTrainable(detector, data, 0)
      for (let row = 0; row < data.rows; row++) learner.learn(data.data, row * columns)
    },
  }
}

import { requireTrainable, requireWidth } from '../checks.ts'
import type { Fitted, Matrix, Model, ModelState } from '../detector.ts'
import { ofFirstColumn } from '../first-column.ts'

/** What learns from one row after the other. A row stands in `data` from `offset` on. */
export interface Learner {
  /** How strange the row is after those learned so far; changes nothing. */
  score(data: Float64Array, offset: number): number
  /** Writes what each column adds to that score into `parts`, of zeros. Of a single column there is nothing to tell. */
  explain?(data: Float64Array, offset: number, parts: Float64Array): void
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
  const score = (data: Matrix): Float64Array => {
    requireWidth(detector, data, columns)
    const scores = new Float64Array(data.rows)
    for (let row = 0; row < data.rows; row++) scores[row] = learner.score(data.data, row * columns)
    return scores
  }
  return {
    get state() {
      return learner.state()
    },
    score,
    explain(data) {
      if (learner.explain === undefined) return ofFirstColumn(score(data), columns)
      requireWidth(detector, data, columns)
      const parts = new Float64Array(data.data.length)
      for (let from = 0; from < parts.length; from += columns)
        learner.explain(data.data, from, parts.subarray(from, from + columns))
      return parts
    },
    partialFit(data) {
      requireWidth(detector, data, columns)
      requireTrainable(detector, data, 0)
      for (let row = 0; row < data.rows; row++) learner.learn(data.data, row * columns)
    },
  }
}

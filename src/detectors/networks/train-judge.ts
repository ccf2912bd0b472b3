import type { Random } from '../../core/random.ts'
import { forEachBatch } from './batches.ts'
import { inBlocks } from './in-blocks.ts'
import { createRoom, type Layer } from './layer.ts'
import { keepNumbers } from './network.ts'
import { createOptimiser, type OptimiserOptions } from './optimiser.ts'

/** Rows of numbers, row-major, and for each row 1 for an outlier or 0 for none. */
export interface Labelled {
  readonly data: Float64Array
  readonly labels: Uint8Array
}

export interface JudgeTraining extends OptimiserOptions {
  readonly steps: number
  /** Rows of a step. */
  readonly size: number
  /** Steps from one look at the validation rows to the next. */
  readonly every: number
  readonly random: Random
}

/**
 * Trains a network of one output to tell outliers, by the sum of the squared errors over all rows, which each step estimates by some of them. It is
 * left with the last of the numbers that separated the validation rows best.
 */
export function trainJudge(
  net: Layer,
  { train, validation }: { readonly train: Labelled; readonly validation: Labelled },
  { steps, size, every, random, ...optimiser }: JudgeTraining,
): void {
  const total = train.labels.length
  const width = net.inputs
  const step = createOptimiser(net.parameters, optimiser)
  const best = keepNumbers(net)
  const error = createRoom(1)
  const scores = new Float64Array(validation.labels.length)
  let most = 0
  const look = (): void => {
    inBlocks(net, validation.data, (made, start, count) => scores.set(made.subarray(0, count), start))
    const area = areaUnderCurve(scores, validation.labels)
    if (area < most) return
    most = area
    best.keep()
  }
  const rows = withLabels(train, width)
  const inputs = new Float64Array(Math.min(size, total) * width)
  let done = 0
  while (done < steps)
    forEachBatch({ data: rows, columns: width + 1 }, { size, rest: false, random }, (batch, count) => {
      if (done === steps) return
      if (done % every === 0) look()
      for (let row = 0; row < count; row++)
        for (let j = 0; j < width; j++) inputs[row * width + j] = batch[row * (width + 1) + j]!
      const made = net.forward(inputs, count, 'training')
      const gradient = error(count)
      for (let row = 0; row < count; row++)
        gradient[row] = (2 * (made[row]! - batch[row * (width + 1) + width]!) * total) / count
      net.backward(gradient, count)
      step()
      done++
    })
  look()
  best.restore()
}

function withLabels({ data, labels }: Labelled, width: number): Float64Array {
  const rows = new Float64Array(labels.length * (width + 1))
  labels.forEach((label, row) => {
    rows.set(data.subarray(row * width, (row + 1) * width), row * (width + 1))
    rows[row * (width + 1) + width] = label
  })
  return rows
}

/** How probable it is that an outlier scores above another row; a tie counts half. */
function areaUnderCurve(scores: Float64Array, labels: Uint8Array): number {
  const sorted = { outliers: sortedOf(scores, labels, 1), others: sortedOf(scores, labels, 0) }
  let wins = 0
  let below = 0
  let upTo = 0
  for (const score of sorted.outliers) {
    while (below < sorted.others.length && sorted.others[below]! < score) below++
    while (upTo < sorted.others.length && sorted.others[upTo]! <= score) upTo++
    wins += (below + upTo) / 2
  }
  return wins / (sorted.outliers.length * sorted.others.length)
}

const sortedOf = (scores: Float64Array, labels: Uint8Array, label: number): Float64Array =>
  scores.filter((_, row) => labels[row] === label).sort()

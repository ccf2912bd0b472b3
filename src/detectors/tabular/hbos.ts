import { z } from 'zod'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { bestBins, binsPerUnit, type Histogram, histogramOf } from '../statistics/histogram.ts'
import { rowSums } from '../statistics/row-sums.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_bins: z
    .union([z.literal('auto'), z.int().min(2)])
    .default(10)
    .meta({
      description: 'Bins of each column; auto chooses their number for each column by its likelihood.',
    }),
  alpha: z.number().gt(0).lt(1).default(0.1).meta({
    description: 'Added to every density, so that an empty bin is not infinitely strange.',
  }),
  tol: z.number().gt(0).lt(1).default(0.5).meta({
    description:
      'How far outside the bins, in widths of one, a value still counts as of the outermost bin; beyond that it is as strange as the strangest bin.',
  }),
})

/** The bins of all columns, one column behind the other. */
interface Bins {
  /** Of each column one more edge than it has bins. */
  readonly edges: Float64Array
  /** -log2(density + alpha) of each bin. */
  readonly strangeness: Float64Array
  /** Bins of each column. */
  readonly counts: Int32Array
  readonly tolerance: number
}

/**
 * Score = -sum over the columns of log2(density + alpha) of the bin of the value. As in PyOD a bin is counted without its upper edge and looked
 * up with it, so that a value on an edge gets the density of the bin below. Where PyOD has no histogram this is defined: a column whose values
 * are the same, or too close together for so many bins, gets bins around it and lies in one of them (for PyOD a constant may fall on an edge and
 * be the strangest value of all).
 */
export const hbos = defineDetector({
  name: 'HBOS',
  summary: 'How rare the values of a row are in the histograms of the columns.',
  source: 'PyOD 3.6.7 pyod/models/hbos.py; Goldstein, Dengel: Histogram-based outlier score (2012)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'd · n; n_bins auto: d · n log n', score: 'd' },
  options,
  example: { n_bins: 'auto' },
  fit(data, { n_bins, alpha, tol }) {
    requireTrainable('HBOS', data, 1)
    const model = createModel(binsOf(data, { bins: n_bins, alpha, tolerance: tol }))
    return { model, trainScores: model.score(data) }
  },
  restore(state) {
    const read = readState('HBOS', state)
    const counts = read.array('counts', Int32Array)
    const bins = {
      edges: read.array('edges', Float64Array),
      strangeness: read.array('strangeness', Float64Array),
      counts,
      tolerance: read.number('tolerance'),
    }
    const total = counts.reduce((sum, count) => sum + count, 0)
    read.require(
      counts.length > 0 &&
        counts.every((count) => count > 0) &&
        bins.strangeness.length === total &&
        bins.edges.length === total + counts.length,
      'its arrays do not fit together',
    )
    return createModel(bins)
  },
})

interface Settings {
  readonly bins: number | 'auto'
  readonly alpha: number
  readonly tolerance: number
}

function binsOf({ data, rows, columns }: Matrix, { bins, alpha, tolerance }: Settings): Bins {
  const column = new Float64Array(rows)
  const histograms = Array.from({ length: columns }, (_, j): Histogram => {
    for (let i = 0; i < rows; i++) column[i] = data[i * columns + j]!
    return histogramOf(column, bins === 'auto' ? bestBins(column.sort()) : bins)
  })
  return {
    edges: joined(histograms.map(({ edges }) => edges)),
    strangeness: joined(histograms.map((histogram) => strangenessOf(histogram, rows, alpha))),
    counts: Int32Array.from(histograms, ({ counts }) => counts.length),
    tolerance,
  }
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  const result = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    result.set(array, at)
    at += array.length
  }
  return result
}

function strangenessOf({ edges, counts }: Histogram, rows: number, alpha: number): Float64Array {
  return Float64Array.from(counts, (count, bin) => {
    const width = Math.min(edges[bin + 1]! - edges[bin]!, Number.MAX_VALUE)
    // The density in bins of the tiniest widths overflows.
    return -Math.log2(Math.min(count / width / rows, Number.MAX_VALUE) + alpha)
  })
}

function createModel({ edges, strangeness, counts, tolerance }: Bins): Model {
  const columns = counts.length
  const judge = (data: Matrix): Float64Array => {
    requireWidth('HBOS', data, columns)
    const result = new Float64Array(data.data.length)
    for (let j = 0, at = 0; j < columns; at += counts[j++]!)
      judgeColumn(data, j, {
        edges: edges.subarray(at + j, at + j + counts[j]! + 1),
        strangeness: strangeness.subarray(at, at + counts[j]!),
        tolerance,
        result,
      })
    return result
  }
  return {
    state: { edges, strangeness, counts, tolerance },
    score: (data) => rowSums(judge(data), columns),
    // A density has no unit, so that a column by itself tells nothing: what counts is how much stranger its value is than the usual one.
    explain(data) {
      const cells = judge(data)
      for (let j = 0, at = 0; j < columns; at += counts[j++]!) {
        const usual = strangeness
          .subarray(at, at + counts[j]!)
          .reduce((least, value) => Math.min(least, value))
        for (let cell = j; cell < cells.length; cell += columns) cells[cell]! -= usual
      }
      return cells
    },
  }
}

interface Column {
  readonly edges: Float64Array
  readonly strangeness: Float64Array
  readonly tolerance: number
  readonly result: Float64Array
}

function judgeColumn(
  { data, columns }: Matrix,
  j: number,
  { edges, strangeness, tolerance, result }: Column,
): void {
  const last = strangeness.length - 1
  const first = edges[0]!
  const end = edges[last + 1]!
  const strangest = strangeness.reduce((most, value) => Math.max(most, value))
  const lowest = first - (edges[1]! - first) * tolerance
  const highest = end + (end - edges[last]!) * tolerance
  const perUnit = binsPerUnit(edges)
  for (let cell = j; cell < data.length; cell += columns) {
    const value = data[cell]!
    if (value <= first) result[cell] = value >= lowest ? strangeness[0]! : strangest
    else if (value > end) result[cell] = value <= highest ? strangeness[last]! : strangest
    else {
      let bin = Math.min(last, Math.floor((value - first) * perUnit))
      while (bin > 0 && value <= edges[bin]!) bin--
      while (bin < last && value > edges[bin + 1]!) bin++
      result[cell] = strangeness[bin]!
    }
  }
}

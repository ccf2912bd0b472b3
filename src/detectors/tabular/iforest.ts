import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, ignoredOption, type Matrix, type Model } from '../detector.ts'
import type { Parallel } from '../parallel/parallel.ts'
import { percentile } from '../statistics/percentile.ts'
import { averagePath, type Forest, growForest } from '../trees/isolation-trees.ts'
import { localDiffi } from '../trees/local-diffi.ts'
import { pathsIn } from '../trees/path-lengths.ts'
import { pathSums } from '../trees/path-sums.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_estimators: z.int().min(1).default(100).meta({ description: 'Number of trees.' }),
  max_samples: z
    .union([z.literal('auto'), z.number().positive()])
    .default('auto')
    .meta({
      description:
        'Rows that each tree sees: auto is 256 or all there are; up to 1 a share of the rows, above 1 their number.',
    }),
  max_features: z.number().positive().default(1).meta({
    description: 'Columns that each tree sees: up to 1 a share of the columns, above 1 their number.',
  }),
  bootstrap: z.boolean().default(false).meta({ description: 'Draw the rows of a tree with replacement.' }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the trees; null takes the metric's own, so that results repeat either way.",
  }),
  n_jobs: ignoredOption,
  behaviour: ignoredOption,
  verbose: ignoredOption,
})

/**
 * Score = 2^(-mean path / c(samples)) less its percentile at the contamination, as PyOD shifts it: 0 is the
 * threshold. Explained by Local-DIFFI, see `local-diffi.ts`.
 */
export const iforest = defineDetector({
  name: 'IForest',
  aliases: ['IsolationForest'],
  summary: 'How few random splits it takes to isolate a row.',
  source:
    'PyOD 3.6.7 pyod/models/iforest.py over scikit-learn 1.9.1; Liu, Ting, Zhou: Isolation forest (2008)',
  family: 'tabular',
  explains: true,
  complexity: { fit: 'trees · samples · log samples', score: 'trees · log samples' },
  tuning: { n_estimators: [100, 200], max_features: [1, 0.6] },
  options,
  example: { n_estimators: 100, random_state: 42 },
  fit(data, given, { random, parallel }) {
    requireTrainable('IForest', data, 1)
    const { contamination, n_estimators, max_samples, max_features, bootstrap, random_state } = given
    const forest = growForest(data, {
      trees: n_estimators,
      samples: max_samples === 'auto' ? Math.min(256, data.rows) : shareOf(max_samples, data.rows),
      columns: shareOf(max_features, data.columns),
      bootstrap,
      random: random_state === null ? random : createRandom(random_state),
    })
    const isolation = isolationIn(forest, data.columns, parallel)
    const trainScores = isolation(data)
    const offset = percentile(trainScores, 100 * (1 - contamination))
    for (let i = 0; i < trainScores.length; i++) trainScores[i]! -= offset
    return { model: createModel(forest, isolation, { columns: data.columns, offset }), trainScores }
  },
  restore(state, { parallel } = {}) {
    const read = readState('IForest', state)
    const columns = read.number('columns')
    const forest: Forest = {
      roots: read.array('roots', Int32Array),
      column: read.array('column', Int16Array),
      value: read.array('value', Float64Array),
      right: read.array('right', Int32Array),
      samples: read.number('samples'),
    }
    const nodes = forest.value.length
    read.require(
      forest.column.length === nodes && forest.right.length === nodes,
      'its arrays do not fit together',
    )
    // A split leads forward and within the arrays, so that every walk ends.
    read.require(
      forest.roots.length > 0 && forest.roots.every((root) => root >= 0 && root < nodes),
      'its roots are not among its nodes',
    )
    read.require(
      forest.column.every(
        (column, i) =>
          column < 0 || (column < columns && forest.right[i]! > i + 1 && forest.right[i]! < nodes),
      ),
      'its splits lead nowhere',
    )
    return createModel(forest, isolationIn(forest, columns, parallel), {
      columns,
      offset: read.number('offset'),
    })
  },
})

function shareOf(wanted: number, count: number): number {
  return Math.max(1, Math.min(count, Math.floor(wanted <= 1 ? wanted * count : wanted)))
}

function createModel(
  forest: Forest,
  isolation: (rows: Matrix) => Float64Array,
  { columns, offset }: { readonly columns: number; readonly offset: number },
): Model {
  return {
    state: { ...forest, columns, offset },
    score(data) {
      requireWidth('IForest', data, columns)
      const scores = isolation(data)
      for (let i = 0; i < scores.length; i++) scores[i]! -= offset
      return scores
    },
    explain(data) {
      requireWidth('IForest', data, columns)
      return localDiffi(forest, data)
    },
  }
}

/** The anomaly score of the paper, in 0..1. */
function isolationIn(
  forest: Forest,
  columns: number,
  parallel: Parallel | undefined,
): (rows: Matrix) => Float64Array {
  const paths = pathsIn(forest, columns)
  const usual = forest.roots.length * averagePath(forest.samples)
  return (rows) => {
    const sums = parallel?.takes(rows.rows)
      ? parallel.run(pathSums, { forest, rows }, rows.rows).sums
      : paths.sum(rows)
    // One sample has no path to compare with: scikit-learn calls that a ratio of 1.
    for (let row = 0; row < sums.length; row++) sums[row] = 2 ** -(usual > 0 ? sums[row]! / usual : 1)
    return sums
  }
}

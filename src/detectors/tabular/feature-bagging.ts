import { z } from 'zod'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import {
  contaminationOption,
  type DetectorDefinition,
  defineDetector,
  ignoredOption,
  type Matrix,
  type Model,
} from '../detector.ts'
import { canExplain, toShares } from '../ensembles/joined-shares.ts'
import {
  checkChoice,
  type FindDetector,
  fitMember,
  type Member,
  packMembers,
  unpackMembers,
} from '../ensembles/members.ts'
import { columnsOf, packSubspaces, unpackSubspaces } from '../ensembles/subspaces.ts'
import { drawDistinct } from '../statistics/draw.ts'

const COMBINATIONS = ['average', 'max'] as const
const DEFAULT_BASE = 'LOF'

const options = z.strictObject({
  contamination: contaminationOption,
  base_estimator: z
    .string()
    .nullable()
    .default(DEFAULT_BASE)
    .meta({ description: 'Name of the detector that each member is; null is LOF.' }),
  estimator_params: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'Options of that detector.' }),
  n_estimators: z.int().min(1).default(10).meta({ description: 'Number of members.' }),
  max_features: z.number().positive().default(1).meta({
    description:
      'Most columns that a member sees, half of them being the least: up to 1 a share of the columns, above 1 their number.',
  }),
  bootstrap_features: z
    .boolean()
    .default(false)
    .meta({ description: 'Draw the columns of a member with replacement.' }),
  combination: z
    .enum(COMBINATIONS)
    .default('average')
    .meta({ description: 'What the scores of the members become: their average or the largest.' }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the columns; null takes the metric's own, so that results repeat either way.",
  }),
  check_detector: ignoredOption,
  check_estimator: ignoredOption,
  n_jobs: ignoredOption,
  verbose: ignoredOption,
})

interface Bag extends Member {
  /** Columns that it sees. */
  readonly columns: Int32Array
}

interface Settings {
  readonly columns: number
  readonly combination: (typeof COMBINATIONS)[number]
}

/**
 * Score = the average (or the largest) of the scores of several detectors, each fitted to between half and all of the columns, drawn at random.
 * PyOD refuses a single column; here all members see it then. It explains what all of its members can: by the mean of their shares or, where the largest
 * score counts, by the shares of the member that gave it.
 */
export function featureBagging(find: FindDetector): DetectorDefinition {
  return defineDetector({
    name: 'FeatureBagging',
    summary: 'The average of detectors that each see some of the columns.',
    source:
      'PyOD 3.6.7 pyod/models/feature_bagging.py; Lazarevic, Kumar: Feature bagging for outlier detection (2005)',
    family: 'tabular',
    explains: true,
    complexity: { fit: 'members · that of the detector', score: 'members · that of the detector' },
    options: options.superRefine(({ base_estimator, estimator_params }, context) => {
      const choice = {
        name: base_estimator ?? DEFAULT_BASE,
        params: estimator_params,
        namePath: ['base_estimator'],
        paramsPath: ['estimator_params'],
      }
      checkChoice(find, choice, context)
    }),
    example: { base_estimator: 'KNN', estimator_params: { n_neighbors: 10 }, n_estimators: 20 },
    fit(data, given, environment) {
      requireTrainable('FeatureBagging', data, 1)
      const random = given.random_state === null ? environment.random : createRandom(given.random_state)
      const settings = { columns: data.columns, combination: given.combination }
      const fitted = Array.from({ length: given.n_estimators }, () => {
        const columns = drawColumns(data.columns, given, random)
        const choice = { name: given.base_estimator ?? DEFAULT_BASE, params: given.estimator_params }
        const own = { ...environment, random: createRandom(random.int(2 ** 31)) }
        return {
          columns,
          ...fitMember(find, choice, { data: columnsOf(data, columns), environment: own }),
        }
      })
      return {
        model: createModel(fitted, settings),
        trainScores: combined(
          fitted.map(({ trainScores }) => trainScores),
          settings.combination,
        ),
      }
    },
    restore(state, environment) {
      const read = readState('FeatureBagging', state)
      const columns = read.number('columns')
      const subspaces = unpackSubspaces(read, columns)
      const members = unpackMembers(find, state, { count: subspaces.length, read, environment })
      const bags = members.map((member, i) => ({ ...member, columns: subspaces[i]! }))
      return createModel(bags, { columns, combination: read.text('combination', COMBINATIONS) })
    },
  })
}

function drawColumns(
  columns: number,
  { max_features, bootstrap_features }: z.output<typeof options>,
  random: Random,
): Int32Array {
  const least = Math.max(1, Math.floor(columns / 2))
  const wanted = Math.floor(max_features <= 1 ? max_features * columns : max_features)
  const most = Math.max(least, Math.min(columns, wanted))
  const count = least + random.int(most - least + 1)
  if (!bootstrap_features) return drawDistinct(random, columns, count)
  return Int32Array.from({ length: count }, () => random.int(columns))
}

function createModel(bags: readonly Bag[], { columns, combination }: Settings): Model {
  const scoresOf = (data: Matrix): readonly Float64Array[] =>
    bags.map((bag) => bag.model.score(columnsOf(data, bag.columns)))
  const explain = (data: Matrix): Float64Array => {
    requireWidth('FeatureBagging', data, columns)
    const scores = combination === 'max' ? scoresOf(data) : []
    const parts = new Float64Array(data.rows * columns)
    bags.forEach((bag, member) => {
      const width = bag.columns.length
      const shares = toShares(bag.model.explain!(columnsOf(data, bag.columns)), width)
      for (let row = 0; row < data.rows; row++) {
        if (combination === 'max' && member !== strangest(scores, row)) continue
        for (let j = 0; j < width; j++) parts[row * columns + bag.columns[j]!]! += shares[row * width + j]!
      }
    })
    return toShares(parts, columns)
  }
  return {
    state: {
      columns,
      combination,
      ...packSubspaces(bags.map((bag) => bag.columns)),
      ...packMembers(bags),
    },
    score(data) {
      requireWidth('FeatureBagging', data, columns)
      return combined(scoresOf(data), combination)
    },
    ...(canExplain(bags) && { explain }),
  }
}

/** The first of the members that give a row the largest score. */
function strangest(scores: readonly Float64Array[], row: number): number {
  return scores.reduce((best, own, member) => (own[row]! > scores[best]![row]! ? member : best), 0)
}

/** The scores of rows out of those of each member; never infinite. */
function combined(scores: readonly Float64Array[], combination: Settings['combination']): Float64Array {
  const result = new Float64Array(scores[0]!.length).fill(combination === 'max' ? -Number.MAX_VALUE : 0)
  for (const member of scores)
    for (let row = 0; row < result.length; row++)
      if (combination === 'average') result[row]! += member[row]! / scores.length
      else if (member[row]! > result[row]!) result[row] = member[row]!
  return result.map((score) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, score)))
}

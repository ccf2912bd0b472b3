import { z } from 'zod'
import { createRandom } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import {
  contaminationOption,
  type DetectorDefinition,
  defineDetector,
  type Matrix,
  type Model,
} from '../detector.ts'
import { competentMembers, correlationAmong } from '../ensembles/competence.ts'
import { canExplain, toShares } from '../ensembles/joined-shares.ts'
import { type LocalRegions, localRegions } from '../ensembles/local-regions.ts'
import {
  checkChoice,
  type FindDetector,
  fitMember,
  type Member,
  packMembers,
  unpackMembers,
} from '../ensembles/members.ts'
import { drawSubspaces, packSubspaces, unpackSubspaces } from '../ensembles/subspaces.ts'
import { standardise } from '../statistics/standardise.ts'

const SUBSPACES = 20
const LEAST_ROWS = 3

const choice = z.union([
  z.string(),
  z.strictObject({ model_name: z.string(), model_params: z.record(z.string(), z.unknown()).default({}) }),
])

const options = z.strictObject({
  contamination: contaminationOption,
  detector_list: z
    .array(choice)
    .min(2)
    .default([10, 20, 30, 40].map((n_neighbors) => ({ model_name: 'LOF', model_params: { n_neighbors } })))
    .meta({
      description:
        'The detectors to choose from, at least two: names, or model_name and model_params. PyOD has no default; here it is LOF with 10, 20, 30 and 40 neighbours.',
    }),
  local_region_size: z.int().min(2).default(30).meta({
    description: 'Nearest training rows that are considered in each subspace.',
  }),
  local_max_features: z.number().gt(0.5).lte(1).default(1).meta({
    description: 'Share of the columns that no subspace reaches; half of them is the least.',
  }),
  n_bins: z
    .int()
    .min(1)
    .default(10)
    .meta({ description: 'Bins of the correlations, at most one for each detector.' }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the subspaces; null takes the metric's own, so that results repeat either way.",
  }),
})

interface Ensemble {
  readonly members: readonly Member[]
  readonly training: Matrix
  /** Columns of each subspace. */
  readonly subspaces: readonly Int32Array[]
  readonly neighbours: number
  readonly bins: number
  /** Standardised scores of the training rows, one member behind the other. */
  readonly standard: Float64Array
  /** What standardised them. */
  readonly mean: Float64Array
  readonly scale: Float64Array
}

/**
 * Score = mean standardised score of the detectors that are competent near the row. The region of a row is the training rows that are among its
 * nearest in most of 20 random subspaces; the target there is the largest score that any detector gives; competent are the detectors whose
 * correlation with it falls into the fullest bin. PyOD draws new subspaces for every call, and lets a training row be its own neighbour; here the
 * subspaces belong to the model, and training rows are left out where they themselves are judged. It explains, where all of its detectors can, by the mean
 * of the shares of the competent ones.
 */
export function lscp(find: FindDetector): DetectorDefinition {
  return defineDetector({
    name: 'LSCP',
    summary: 'Of several detectors, the average of those that are competent near a row.',
    source:
      'PyOD 3.6.7 pyod/models/lscp.py; Zhao et al.: LSCP, locally selective combination in parallel outlier ensembles (2019)',
    family: 'tabular',
    explains: true,
    complexity: {
      fit: 'that of the detectors + subspaces · n log n',
      score: 'that of the detectors + subspaces · log n',
    },
    options: options.superRefine(({ detector_list }, context) => {
      detector_list.forEach((chosen, i) => {
        const path = ['detector_list', i]
        const whole = typeof chosen === 'string'
        checkChoice(
          find,
          {
            ...choiceOf(chosen),
            namePath: whole ? path : [...path, 'model_name'],
            paramsPath: whole ? path : [...path, 'model_params'],
          },
          context,
        )
      })
    }),
    example: { detector_list: ['KNN', { model_name: 'HBOS', model_params: { n_bins: 20 } }] },
    fit(data, given, environment) {
      requireTrainable('LSCP', data, LEAST_ROWS)
      const random = given.random_state === null ? environment.random : createRandom(given.random_state)
      const training = { ...data, data: data.data.slice() }
      const fitted = given.detector_list.map((chosen) =>
        fitMember(find, choiceOf(chosen), {
          data,
          environment: { ...environment, random: createRandom(random.int(2 ** 31)) },
        }),
      )
      const least = Math.floor(data.columns / 2)
      const scores = fitted.map(({ trainScores }) =>
        standardise({ data: trainScores, rows: data.rows, columns: 1 }, true),
      )
      const ensemble: Ensemble = {
        members: fitted.map(({ name, model }) => ({ name, model })),
        training,
        subspaces: drawSubspaces(random, data.columns, {
          count: SUBSPACES,
          from: Math.max(1, least),
          to: Math.max(1, least, Math.floor(data.columns * given.local_max_features) - 1),
        }),
        neighbours: Math.min(given.local_region_size, data.rows - 1),
        bins: given.n_bins,
        standard: joined(scores.map(({ centred }) => centred)),
        mean: Float64Array.from(scores, ({ mean }) => mean[0]!),
        scale: Float64Array.from(scores, ({ scale }) => scale[0]!),
      }
      const regions = localRegions(training, ensemble, environment.parallel)
      const judge = judgeBy(ensemble)
      const trainScores = new Float64Array(data.rows)
      regions.ofTraining((row, region) => {
        trainScores[row] = judge(region, (member) => ensemble.standard[member * data.rows + row]!)
      })
      return { model: createModel(ensemble, regions), trainScores }
    },
    restore(state, environment = {}) {
      const read = readState('LSCP', state)
      const training = read.matrix('training')
      const mean = read.array('mean', Float64Array)
      const scale = read.array('scale', Float64Array)
      const standard = read.array('standard', Float64Array)
      const neighbours = read.number('neighbours')
      read.require(
        training.columns > 0 && Number.isInteger(neighbours) && neighbours > 1 && neighbours < training.rows,
        'it has too few rows',
      )
      read.require(
        mean.length > 0 && scale.length === mean.length && standard.length === mean.length * training.rows,
        'its arrays do not fit together',
      )
      const ensemble = {
        members: unpackMembers(find, state, { count: mean.length, read, environment }),
        training,
        subspaces: unpackSubspaces(read, training.columns),
        neighbours,
        bins: read.number('bins'),
        standard,
        mean,
        scale,
      }
      read.require(Number.isInteger(ensemble.bins) && ensemble.bins > 0, 'it has no bins')
      return createModel(ensemble, localRegions(training, ensemble, environment.parallel))
    },
  })
}

function choiceOf(chosen: z.output<typeof choice>): { name: string; params: Record<string, unknown> } {
  return typeof chosen === 'string'
    ? { name: chosen, params: {} }
    : { name: chosen.model_name, params: chosen.model_params }
}

function joined(arrays: readonly Float64Array[]): Float64Array {
  return Float64Array.from(arrays.flatMap((array) => Array.from(array)))
}

/** Mean, over the members that are competent in a region, of what they say. */
function judgeBy({
  training: { rows },
  members,
  standard,
  bins,
}: Ensemble): (region: Int32Array, scoreOf: (member: number) => number) => number {
  const own = members.map((_, i) => standard.subarray(i * rows, (i + 1) * rows))
  const target = own[0]!.slice()
  for (const scores of own)
    for (let row = 0; row < rows; row++) target[row] = Math.max(target[row]!, scores[row]!)
  const correlations = new Float64Array(members.length)
  return (region, scoreOf) => {
    own.forEach((scores, i) => {
      correlations[i] = correlationAmong(target, scores, region)
    })
    const competent = competentMembers(correlations, bins)
    return competent.reduce((sum, member) => sum + scoreOf(member) / competent.length, 0)
  }
}

function createModel(ensemble: Ensemble, regions: LocalRegions): Model {
  const { members, training, subspaces, mean, scale, standard, neighbours, bins } = ensemble
  const judge = judgeBy(ensemble)
  const explain = (data: Matrix): Float64Array => {
    requireWidth('LSCP', data, training.columns)
    const { columns } = training
    const shares = members.map(({ model }) => toShares(model.explain!(data), columns))
    const parts = new Float64Array(data.rows * columns)
    regions.of(data, (row, region) => {
      judge(region, (member) => {
        for (let cell = row * columns; cell < (row + 1) * columns; cell++)
          parts[cell]! += shares[member]![cell]!
        return 0
      })
    })
    return toShares(parts, columns)
  }
  return {
    state: {
      training,
      ...packSubspaces(subspaces),
      neighbours,
      bins,
      standard,
      mean,
      scale,
      ...packMembers(members),
    },
    score(data) {
      requireWidth('LSCP', data, training.columns)
      const scores = members.map(({ model }, i) =>
        model.score(data).map((score) => {
          const standardised = score / scale[i]! - mean[i]! / scale[i]!
          return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, standardised))
        }),
      )
      const result = new Float64Array(data.rows)
      regions.of(data, (row, region) => {
        result[row] = judge(region, (member) => scores[member]![row]!)
      })
      return result
    },
    ...(canExplain(members) && { explain }),
  }
}

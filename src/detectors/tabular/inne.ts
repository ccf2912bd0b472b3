import { z } from 'zod'
import { createRandom, type Random } from '../../core/random.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model } from '../detector.ts'
import { drawDistinct } from '../statistics/draw.ts'
import { type Rescaling, rescale, rescalingOf } from '../statistics/rescale.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  n_estimators: z.int().min(1).default(200).meta({ description: 'Number of sets of spheres.' }),
  max_samples: z
    .union([z.literal('auto'), z.int().min(2), z.number().gt(0).lte(1)])
    .default('auto')
    .meta({
      description:
        'Spheres of each set: auto is 8 or as many as there are rows; up to 1 a share of the rows, above 1 their number.',
    }),
  random_state: z.int().nullable().default(null).meta({
    description: "Seed of the sets; null takes the metric's own, so that results repeat either way.",
  }),
})

/** Sets of spheres, one behind the other; the spheres of a set from the smallest to the largest. */
interface Spheres {
  /** Rows of the training, rescaled. */
  readonly centres: Matrix
  /** Squared. */
  readonly radii: Float64Array
  /** How isolated a sphere is: 1 less the ratio of the neighbour's squared radius to its own. */
  readonly isolation: Float64Array
  /** Spheres of a set. */
  readonly samples: number
}

const UNCOVERED = 1

/**
 * Score = mean over the sets of the isolation of the smallest sphere that covers the row, or 1 where none does. The spheres of a set are around
 * some training rows, and each reaches to the nearest of the others. PyOD adds 2.2e-16 to squared radii so as not to divide zero by zero; here
 * that is done after the rows are brought to a usual range, which makes no difference to usual rows and lets tiny ones count.
 */
export const inne = defineDetector({
  name: 'INNE',
  summary: 'How isolated the small spheres are that a row lies in.',
  source:
    'PyOD 3.6.7 pyod/models/inne.py; Bandaragoda et al.: Isolation-based anomaly detection using nearest-neighbour ensembles (2018)',
  family: 'tabular',
  complexity: { fit: 'sets · samples · (n + samples) · d', score: 'sets · samples · d' },
  options,
  example: { max_samples: 16, random_state: 42 },
  fit(data, { n_estimators, max_samples, random_state }, { random }) {
    requireTrainable('INNE', data, 2)
    const rescaling = rescalingOf(data)
    const rows = rescale(data, rescaling)
    const wanted = max_samples === 'auto' ? 8 : max_samples <= 1 ? max_samples * rows.rows : max_samples
    const spheres = drawSpheres(rows, {
      sets: n_estimators,
      samples: Math.max(2, Math.min(rows.rows, Math.floor(wanted))),
      random: random_state === null ? random : createRandom(random_state),
    })
    return { model: createModel(rescaling, spheres), trainScores: isolationOf(rows, spheres) }
  },
  restore(state) {
    const read = readState('INNE', state)
    const rescaling = { origin: read.array('origin', Float64Array), factor: read.number('factor') }
    const spheres = {
      centres: read.matrix('centres'),
      radii: read.array('radii', Float64Array),
      isolation: read.array('isolation', Float64Array),
      samples: read.number('samples'),
    }
    const count = spheres.radii.length
    read.require(
      Number.isInteger(spheres.samples) &&
        spheres.samples > 0 &&
        count > 0 &&
        count % spheres.samples === 0 &&
        spheres.isolation.length === count &&
        spheres.centres.rows === count &&
        spheres.centres.columns === rescaling.origin.length,
      'its arrays do not fit together',
    )
    return createModel(rescaling, spheres)
  },
})

function createModel(rescaling: Rescaling, spheres: Spheres): Model {
  return {
    state: { ...rescaling, ...spheres },
    score(data) {
      requireWidth('INNE', data, spheres.centres.columns)
      return isolationOf(rescale(data, rescaling), spheres)
    },
  }
}

interface Plan {
  readonly sets: number
  readonly samples: number
  readonly random: Random
}

function drawSpheres(rows: Matrix, { sets, samples, random }: Plan): Spheres {
  const { columns } = rows
  const spheres = {
    centres: { data: new Float64Array(sets * samples * columns), rows: sets * samples, columns },
    radii: new Float64Array(sets * samples),
    isolation: new Float64Array(sets * samples),
    samples,
  }
  const radius = new Float64Array(samples)
  const nearest = new Int32Array(samples)
  for (let from = 0; from < sets * samples; from += samples) {
    const drawn = drawDistinct(random, rows.rows, samples)
    measureSpheres(rows, drawn, { radius, nearest })
    // Stable: of equal spheres the one drawn first counts.
    const order = Int32Array.from(drawn, (_, i) => i).sort((a, b) => radius[a]! - radius[b]! || a - b)
    order.forEach((i, place) => {
      const own = radius[i]! + Number.EPSILON
      spheres.radii[from + place] = radius[i]!
      spheres.isolation[from + place] = 1 - (radius[nearest[i]!]! + Number.EPSILON) / own
      const cell = drawn[i]! * columns
      spheres.centres.data.set(rows.data.subarray(cell, cell + columns), (from + place) * columns)
    })
  }
  return spheres
}

/** The squared distance of each drawn row to the nearest other, and which that is. */
function measureSpheres(
  { data, columns }: Matrix,
  drawn: Int32Array,
  { radius, nearest }: { radius: Float64Array; nearest: Int32Array },
): void {
  radius.fill(Number.POSITIVE_INFINITY)
  for (let a = 0; a < drawn.length; a++)
    for (let b = 0; b < a; b++) {
      let squares = 0
      for (let j = 0; j < columns; j++) {
        const difference = data[drawn[a]! * columns + j]! - data[drawn[b]! * columns + j]!
        squares += difference * difference
      }
      if (squares < radius[a]!) {
        radius[a] = squares
        nearest[a] = b
      }
      if (squares < radius[b]!) {
        radius[b] = squares
        nearest[b] = a
      }
    }
}

function isolationOf({ data, rows, columns }: Matrix, spheres: Spheres): Float64Array {
  const { radii, isolation, samples } = spheres
  const centres = spheres.centres.data
  const scores = new Float64Array(rows)
  // Set by set, so that its spheres stay in the cache.
  for (let set = 0; set < radii.length; set += samples)
    for (let row = 0; row < rows; row++) {
      const cell = row * columns
      let covered = UNCOVERED
      for (let sphere = set; sphere < set + samples; sphere++) {
        const radius = radii[sphere]!
        const centre = sphere * columns
        let squares = 0
        for (let j = 0; j < columns && squares <= radius; j++) {
          const difference = data[cell + j]! - centres[centre + j]!
          squares += difference * difference
        }
        if (squares <= radius) {
          covered = isolation[sphere]!
          break
        }
      }
      scores[row]! += covered
    }
  const sets = radii.length / samples
  for (let row = 0; row < rows; row++) scores[row]! /= sets
  return scores
}

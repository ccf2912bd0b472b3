import { geometricMedian } from './geometric-median.ts'
import { medianOf } from './median.ts'

/** How rows of three columns are judged: what their costs of rotation about the geometric median of the training rows are compared with. */
export interface Rotation {
  /** The geometric median. */
  readonly x: number
  readonly y: number
  readonly z: number
  /** Angles up to a right one become angle · sharpScale + sharpOffset, all others the same with the blunt ones. */
  readonly sharpScale: number
  readonly sharpOffset: number
  readonly bluntScale: number
  readonly bluntOffset: number
  readonly medianCost: number
  /** Median absolute deviation of the costs, or what takes its place; positive. */
  readonly unit: number
}

/** The fields of a rotation, in the order in which a state keeps them. */
export const ROTATION_FIELDS = [
  'x',
  'y',
  'z',
  'sharpScale',
  'sharpOffset',
  'bluntScale',
  'bluntOffset',
  'medianCost',
  'unit',
] as const satisfies readonly (keyof Rotation)[]

const RIGHT = Math.PI / 2
const STEP = 1e-5
const SHARP: readonly [number, number] = [0.001, 0.955]
const BLUNT: readonly [number, number] = [RIGHT + 0.001, 2.186]
// 0.6745 times the median absolute deviation, and 1.2533 times the mean one, are standard deviations of Gaussian data.
const MEDIAN_FACTOR = 0.6745
const MEAN_FACTOR = 1.253314

/** Three columns of rows, and those of the different rows among them. */
export interface Triples {
  readonly columns: readonly [Float64Array, Float64Array, Float64Array]
  readonly different: readonly [Float64Array, Float64Array, Float64Array]
}

/** Learns the rotation of training rows, and writes their scores. */
export function learnRotation({ columns, different }: Triples, scores: Float64Array): Rotation {
  const [xs, ys, zs] = columns
  const { x, y, z } = geometricMedian(different, STEP)
  const raw = {
    x,
    y,
    z,
    sharpScale: 1,
    sharpOffset: 0,
    bluntScale: 1,
    bluntOffset: 0,
    medianCost: 0,
    unit: 1,
  }
  const sharp = { least: SHARP[0], most: SHARP[1] }
  const blunt = { least: BLUNT[0], most: BLUNT[1] }
  for (let i = 0; i < xs.length; i++) {
    const angle = angleAt(raw, xs[i]!, ys[i]!, zs[i]!)
    const range = angle <= RIGHT ? sharp : blunt
    if (angle < range.least) range.least = angle
    if (angle > range.most) range.most = angle
  }
  const sharpScale = (SHARP[1] - SHARP[0]) / (sharp.most - sharp.least)
  const bluntScale = (BLUNT[1] - BLUNT[0]) / (blunt.most - blunt.least)
  const angles = {
    ...raw,
    sharpScale,
    sharpOffset: SHARP[0] - sharp.least * sharpScale,
    bluntScale,
    bluntOffset: BLUNT[0] - blunt.least * bluntScale,
  }
  for (let i = 0; i < xs.length; i++) scores[i] = costAt(angles, xs[i]!, ys[i]!, zs[i]!)
  const medianCost = medianOf(scores)
  for (let i = 0; i < xs.length; i++) scores[i] = Math.abs(scores[i]! - medianCost)
  const unit = unitOf(scores)
  for (let i = 0; i < xs.length; i++) scores[i] = (MEDIAN_FACTOR * scores[i]!) / unit
  return { ...angles, medianCost, unit }
}

/** The modified z-score of the cost of a row. */
export function rotationScore(rotation: Rotation, x: number, y: number, z: number): number {
  return (MEDIAN_FACTOR * Math.abs(costAt(rotation, x, y, z) - rotation.medianCost)) / rotation.unit
}

/** The angle between the geometric median and the way from it to a row; a right one where either has no direction; NaN at the median. */
function angleAt(rotation: Rotation, x: number, y: number, z: number): number {
  const [dx, dy, dz] = [x - rotation.x, y - rotation.y, z - rotation.z]
  const away = Math.sqrt(rotation.x * rotation.x + rotation.y * rotation.y + rotation.z * rotation.z)
  if (away === 0) return RIGHT
  const lengths = Math.sqrt(dx * dx + dy * dy + dz * dz) * away
  if (lengths === 0) return Number.NaN
  const cosine = (dx * rotation.x + dy * rotation.y + dz * rotation.z) / lengths
  return Math.acos(Math.min(Math.max(cosine, -1), 1))
}

/** The volume that a row spans when it is rotated about the geometric median; 0 at the median. */
function costAt(rotation: Rotation, x: number, y: number, z: number): number {
  const angle = angleAt(rotation, x, y, z)
  if (Number.isNaN(angle)) return 0
  const scaled =
    angle <= RIGHT
      ? angle * rotation.sharpScale + rotation.sharpOffset
      : angle * rotation.bluntScale + rotation.bluntOffset
  const [dx, dy, dz] = [x - rotation.x, y - rotation.y, z - rotation.z]
  const length = Math.sqrt(dx * dx + dy * dy + dz * dz)
  const sine = Math.sin(scaled)
  return length * length * length * Math.cos(scaled) * (sine * sine)
}

function unitOf(deviations: Float64Array): number {
  const middle = medianOf(deviations)
  if (middle > 0) return middle
  const mean = deviations.reduce((sum, deviation) => sum + deviation / deviations.length, 0)
  return MEDIAN_FACTOR * MEAN_FACTOR * mean || 1
}

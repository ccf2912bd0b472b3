import type { Random } from '../../core/random.ts'
import type { Matrix } from '../detector.ts'
import { normal } from '../statistics/draw.ts'

export const NEGATIVES = ['UNIFORM', 'SUBSPACE', 'MIXED'] as const

export interface NegativeOptions {
  readonly kind: (typeof NEGATIVES)[number]
  /** How many for each row; at least one in all. */
  readonly proportion: number
  /** Standard deviation of what is added to rows. */
  readonly epsilon: number
  readonly random: Random
}

// Probability that a column of a row is changed.
const CHANGED = 0.3

/**
 * Made-up outliers (Goodge et al. 2022): `UNIFORM` between the least and the greatest number of all rows; `SUBSPACE` rows of which some columns are
 * changed; `MIXED` draws with replacement from as many of both.
 */
export function negativeSamples(
  rows: Matrix,
  { kind, proportion, epsilon, random }: NegativeOptions,
): Matrix {
  const { columns } = rows
  const count = Math.max(1, Math.floor(proportion * rows.rows))
  const matrix = (data: Float64Array): Matrix => ({ data, rows: count, columns })
  const uniform = kind === 'SUBSPACE' ? new Float64Array() : uniformIn(rows, count, random)
  if (kind === 'UNIFORM') return matrix(uniform)
  const changed = new Float64Array(count * columns)
  for (let row = 0, i = 0; row < count; row++) {
    const from = random.int(rows.rows) * columns
    for (let j = 0; j < columns; j++, i++)
      changed[i] = rows.data[from + j]! + (random.next() < CHANGED ? epsilon * normal(random) : 0)
  }
  if (kind === 'SUBSPACE') return matrix(changed)
  const mixed = new Float64Array(count * columns)
  for (let row = 0; row < count; row++) {
    const drawn = random.int(2 * count)
    const [source, from] = drawn < count ? [uniform, drawn] : [changed, drawn - count]
    for (let j = 0; j < columns; j++) mixed[row * columns + j] = source[from * columns + j]!
  }
  return matrix(mixed)
}

function uniformIn({ data, columns }: Matrix, count: number, random: Random): Float64Array {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of data) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  return new Float64Array(count * columns).map(() => least + (most - least) * random.next())
}

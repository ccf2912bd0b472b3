import type { PreprocessParams } from '../timeseries/preprocess.ts'
import type { DetectorRows, RowWindow } from './detector-rows.ts'
import type { MetricModel } from './metric-model.ts'
import { firstNotBefore } from './positions.ts'

/** What most of a score is due to: a column of the row of a point, as what it means. */
export type Driver =
  | {
      readonly kind: 'points'
      /** How many points its newest lies before the judged one. */
      readonly back: number
      /** How many points it is the mean of. */
      readonly points: number
      readonly of: 'value' | 'step'
    }
  | { readonly kind: 'column'; readonly name: string }

/** What a column means; undefined where nobody said. */
export type Meaning = (window: RowWindow, column: number, names: readonly string[]) => Driver | undefined

/** Of rows that `preprocess` makes, or that the batch's own preprocessing does (`own`), and of windows. */
export function meaningOf({ diff_n, smooth_n }: PreprocessParams, own: boolean): Meaning {
  return (window, column, names) => {
    if (window !== undefined) return { kind: 'points', back: column, points: 1, of: 'value' }
    if (!own)
      return {
        kind: 'points',
        back: column,
        points: Math.max(1, smooth_n),
        of: diff_n === 0 ? 'value' : 'step',
      }
    const name = names[column]
    return name === undefined ? undefined : { kind: 'column', name }
  }
}

export interface Judged {
  readonly timestamps: Float64Array
  /** What each detector says of them, 0..1; NaN of points that it has no row of. */
  readonly opinions: readonly { readonly probabilities: Float64Array }[]
  readonly rows: DetectorRows
}

// Less is not most.
const MOST = 0.5

/**
 * What drove the scores of the `asked` points, by their numbers: of the detectors that can explain theirs the one that finds a point strangest says which
 * column. A point of whose score no column has most has no driver.
 */
export function findDrivers(
  { detectors }: MetricModel,
  { timestamps, opinions, rows }: Judged,
  { asked, meaning }: { readonly asked: readonly number[]; readonly meaning: Meaning },
): ReadonlyMap<number, Driver> {
  const drivers = new Map<number, Driver>()
  const points = detectors.map((): number[] => [])
  for (const point of asked) {
    let strangest = -1
    let most = 0
    opinions.forEach(({ probabilities }, i) => {
      if (!(probabilities[point]! > most) || detectors[i]!.model.explain === undefined) return
      strangest = i
      most = probabilities[point]!
    })
    points[strangest]?.push(point)
  }
  detectors.forEach(({ model, window }, i) => {
    const own = points[i]!
    if (own.length === 0) return
    const { timestamps: times, data, columns, names } = rows(window)
    const asking = new Float64Array(own.length * columns)
    let at = 0
    own.forEach((point, row) => {
      at = firstNotBefore(times, timestamps[point]!, at)
      asking.set(data.subarray(at * columns, (at + 1) * columns), row * columns)
    })
    const parts = model.explain!({ data: asking, rows: own.length, columns })
    own.forEach((point, row) => {
      const column = mostOf(parts.subarray(row * columns, (row + 1) * columns))
      const driver = column === undefined ? undefined : meaning(window, column, names)
      if (driver !== undefined) drivers.set(point, driver)
    })
  })
  return drivers
}

/** The place of the number that is more than all others together. */
function mostOf(parts: Float64Array): number | undefined {
  let sum = 0
  let column = 0
  for (let j = 0; j < parts.length; j++) {
    sum += parts[j]! / parts.length
    if (parts[j]! > parts[column]!) column = j
  }
  return parts[column]! / parts.length > sum * MOST ? column : undefined
}

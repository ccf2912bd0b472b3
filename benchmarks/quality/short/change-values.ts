import { injectAnomaly } from '../../../src/timeseries/inject-anomaly.ts'
import type { Profile, SimulatedSeries } from './profile.ts'

export type EventKind =
  | 'spike'
  | 'dip'
  | 'shift'
  | 'trend'
  | 'variance'
  | 'zeros'
  | 'stuck'
  | 'no brief event'
  | 'no lasting event'

/** An event at its place. */
export interface Shape {
  readonly kind: EventKind
  readonly at: number
  /** Points that are changed. */
  readonly length: number
  /** In robust spreads, with the sign of a shift or trend; the factor of a variance change. */
  readonly size: number
  /** Points within which a trend reaches its size; then it goes on. */
  readonly drift: number
  /** Points, from the first changed one on, within which the event is to be seen. */
  readonly window: number
  /** Where the series is cut off. */
  readonly end: number
}

/** The values up to the end of the shape, with the event in them. They may lie outside of what the profile can have. */
export function changeValues(
  { lower, upper }: Profile,
  { series, expected, spread }: SimulatedSeries,
  { kind, at, length, size, drift, end }: Shape,
): Float64Array {
  const values = series.values.slice(0, end)
  const inject = (name: Parameters<typeof injectAnomaly>[1]['kind'], height = size) =>
    injectAnomaly(values, { kind: name, at, length, size: height }, spread)
  switch (kind) {
    case 'no brief event':
    case 'no lasting event':
      return values
    case 'spike':
    case 'dip':
      return inject(kind)
    case 'shift':
      return inject('level shift')
    case 'trend':
      return inject('trend break', (size * length) / drift)
    case 'stuck':
      return inject('flat line')
    case 'zeros':
      return values.fill(0, at, at + length)
    case 'variance':
      for (let i = at; i < at + length; i++) {
        const centre = expected[i]!
        const deviation = size * (values[i]! - centre)
        const inside = centre + deviation >= lower && centre + deviation <= upper
        // What would leave the possible values deviates as far the other way.
        values[i] = inside ? centre + deviation : centre - deviation
      }
      return values
  }
}

import { z } from 'zod'
import { ofMetric } from '../core/metric-name.ts'

export interface ValidRange {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/** A setting that holds for all metrics of a batch, or is written by metric. */
export type PerMetric<Value> = Value | Readonly<Record<string, Value>>

/** A schema for a value, or a map of metrics to such values. */
export function perMetric<Schema extends z.ZodType>(
  value: Schema,
): z.ZodUnion<[Schema, z.ZodRecord<z.ZodString, Schema>]> {
  return z.union([value, z.record(z.string(), value)])
}

type Scalar = string | number
type ScalarOf<Setting> = Extract<Setting, Scalar>

/** What a setting says of a metric; undefined where it says nothing. */
export function settingFor<Setting extends PerMetric<Scalar>>(
  setting: Setting | null,
  metric: string,
): ScalarOf<Setting> | undefined {
  if (setting === null) return undefined
  return (typeof setting === 'object' ? ofMetric(setting, metric) : setting) as ScalarOf<Setting> | undefined
}

/** The valid range of a metric. A map with bounds is the range of all; a metric may be called `min` as long as its bounds are a map. */
export function rangeFor(setting: PerMetric<ValidRange> | null, metric: string): ValidRange | undefined {
  if (setting === null) return undefined
  return isRange(setting) ? setting : ofMetric(setting, metric)
}

/** Whether it is one range for all metrics. */
export function isRange(setting: PerMetric<ValidRange>): setting is ValidRange {
  return Object.values(setting).every((bound) => typeof bound !== 'object')
}

/** Every value of a setting with its path below the key. */
export function valuesOfSetting<Setting extends PerMetric<Scalar>>(
  setting: Setting | null,
): readonly (readonly [path: readonly string[], value: ScalarOf<Setting>])[] {
  if (setting === null) return []
  if (typeof setting !== 'object') return [[[], setting as ScalarOf<Setting>]]
  return Object.entries(setting).map(([metric, value]) => [[metric], value as ScalarOf<Setting>] as const)
}

/** Whether a value lies in a range, its bounds included. */
export function isValid(value: number, { min, max }: ValidRange): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max)
}

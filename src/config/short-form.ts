import { shortKeys } from './batch-keys.ts'
import type { Report } from './faults.ts'
import type { Entry, Layer } from './layers.ts'
import { schemaFaults } from './schema-faults.ts'

type ShortKey = keyof typeof shortKeys.shape

/** The whole value stands where the short key does. */
function inPlaceOf({ placeOf }: Entry, value: unknown): Entry {
  return { value, placeOf: () => placeOf([]) }
}

function enabledChannels(value: unknown): string {
  const flags = Object.entries(value as Readonly<Record<string, boolean>>)
  return flags.flatMap(([name, enabled]) => (enabled ? [name.slice(0, -'_enabled'.length)] : [])).join(',')
}

/** What a short key stands for; only for valid values. */
function longForm(key: ShortKey, entry: Entry): readonly (readonly [string, Entry])[] {
  switch (key) {
    case 'data_source':
      return [['db', entry]]
    case 'schedule':
      return [
        ['pipeline_cron_schedule', entry],
        ['pipeline_default_schedule_status', inPlaceOf(entry, 'RUNNING')],
      ]
    case 'ml_algorithm':
      return [['model_configs', inPlaceOf(entry, [{ model_name: entry.value }])]]
    case 'anomaly_threshold':
      return [['alert_threshold', entry]]
    case 'alerts':
      return [['alert_methods', inPlaceOf(entry, enabledChannels(entry.value))]]
    case 'disable_alerts':
      return [['disable_alert', entry]]
  }
}

/** `model_configs: auto` stands for a list of that one. */
function listed(entry: Entry): Entry {
  return typeof entry.value === 'string' ? inPlaceOf(entry, [{ model_name: entry.value }]) : entry
}

/** The layer with short keys replaced by what they stand for, so that a short key of one layer and a long key of another override each other. */
export function expandShortForm(layer: Layer, report: Report): Layer {
  const result = new Map(layer)
  const models = layer.get('model_configs')
  if (models !== undefined) result.set('model_configs', listed(models))
  for (const key of Object.keys(shortKeys.shape) as ShortKey[]) {
    const entry = layer.get(key)
    if (entry === undefined) continue
    result.delete(key)
    const faults = schemaFaults(shortKeys, { [key]: entry.value })
    for (const fault of faults) report(entry.placeOf(fault.path.slice(1), fault.part), fault)
    if (faults.length > 0) continue
    for (const [long, replacement] of longForm(key, entry)) {
      const written = layer.get(long)
      // Either name switches alerts off: the original documents one and reads the other.
      if (key === 'disable_alerts' && written !== undefined)
        result.set(long, entry.value === true ? entry : written)
      else if (written === undefined) result.set(long, replacement)
      else if (long === 'pipeline_default_schedule_status') continue
      else
        report(entry.placeOf([], 'key'), {
          message: `"${key}" is short for "${long}", which is set too; leave one of them out`,
        })
    }
  }
  return result
}

import { AnomstackError } from '../core/errors.ts'
import { SETTING_KEYS } from './batch-keys.ts'
import { type BatchSettings, batchSettings } from './batch-settings.ts'
import { checkSettings, type DetectorCatalog } from './check-settings.ts'
import { faultAt, formatFault, type Report, sortFaults } from './faults.ts'
import { layerOf, valuesOf } from './layers.ts'
import { checkValues } from './load-batch.ts'
import type { Fault } from './project.ts'
import { expandShortForm } from './short-form.ts'
import { readYamlFile } from './yaml-file.ts'

/** Settings of a single file outside any project, for judging a series: a batch file will do, its connections and channels are not looked at.
 * Throws `CONFIG_INVALID` that lists every fault. */
export function readDetectionSettings(text: string, file: string, detectors: DetectorCatalog): BatchSettings {
  const faults: Fault[] = []
  const report: Report = (place, complaint) => {
    faults.push(faultAt(place, complaint))
  }
  const yaml = readYamlFile(text, file, report)
  const layer = yaml === undefined ? new Map() : expandShortForm(layerOf(yaml.values, yaml.placeOf), report)
  checkValues(layer, report, batchSettings, SETTING_KEYS)
  const parsed = batchSettings.safeParse(valuesOf(layer, SETTING_KEYS))
  const settings = parsed.success
    ? checkSettings(
        parsed.data,
        {
          detectors,
          databases: { ready: new Set([parsed.data.db]), unusable: new Map() },
          storages: { ready: new Set([parsed.data.model_path.split('://', 1)[0]!]), unusable: new Map() },
          channels: new Set(),
        },
        () => false,
        ([key, ...rest], complaint, part) => report(layer.get(String(key))?.placeOf(rest, part) ?? { file }, complaint),
      )
    : undefined
  const errors = faults.filter(({ severity }) => severity === 'error')
  if (settings === undefined || errors.length > 0)
    throw new AnomstackError('CONFIG_INVALID', sortFaults(errors).map(formatFault).join('\n'))
  return settings
}

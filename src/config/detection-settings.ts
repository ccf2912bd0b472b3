import { AnomstackError } from '../core/errors.ts'
import { SOURCE_KEYS } from './batch-keys.ts'
import type { BatchSettings } from './batch-settings.ts'
import type { DetectorCatalog } from './detector-rules.ts'
import { faultAt, formatFault, type Report, sortFaults } from './faults.ts'
import { layerOf } from './layers.ts'
import { checkUnknownKeys, settingsOf } from './load-batch.ts'
import type { Note } from './note.ts'
import { withAlertLevel } from './policy-rules.ts'
import type { Fault } from './project.ts'
import { applySettingsRules } from './settings-rules.ts'
import { expandShortForm } from './short-form.ts'
import { readYamlFile } from './yaml-file.ts'

/** Settings of a single file outside any project, for judging a series. A batch file will do: what it says of databases, storages, channels and
 * sources is not looked at. Throws `CONFIG_INVALID` that lists every fault. */
export function readDetectionSettings(text: string, file: string, detectors: DetectorCatalog): BatchSettings {
  const faults: Fault[] = []
  const report: Report = (place, complaint) => {
    faults.push(faultAt(place, complaint))
  }
  const yaml = readYamlFile(text, file, report)
  const layer = expandShortForm(yaml === undefined ? new Map() : layerOf(yaml.values, yaml.placeOf), report)
  const { settings: written, faulty } = settingsOf(layer, report)
  // A whole batch file may be given, with variables for its query.
  const own = [...SOURCE_KEYS].some((key) => layer.has(key)) ? layer.keys() : []
  checkUnknownKeys(layer, new Set(own), report)
  const note: Note = ([key, ...rest], complaint, part) => {
    if (!faulty.has(String(key))) report(layer.get(String(key))?.placeOf(rest, part) ?? { file }, complaint)
  }
  const settings = applySettingsRules(withAlertLevel(written, [layer], note), detectors, note)
  const errors = sortFaults(faults).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new AnomstackError('CONFIG_INVALID', errors.map(formatFault).join('\n'))
  return settings
}

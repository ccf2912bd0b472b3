import { readFile } from 'node:fs/promises'
import { type BatchSettings, batchSettings } from '../config/batch-settings.ts'
import { readDetectionSettings } from '../config/detection-settings.ts'
import { AnomstackError } from '../core/errors.ts'
import { detectors } from '../detectors/index.ts'
import { fileProblem } from './file-problem.ts'

/** Settings for judging a series from a YAML file, or the defaults. Throws `INPUT_INVALID` when the file cannot be read, `CONFIG_INVALID` when it has faults. */
export async function loadSettings(file: string | undefined): Promise<BatchSettings> {
  if (file === undefined) return batchSettings.parse({})
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new AnomstackError('INPUT_INVALID', `${file} cannot be read: ${fileProblem(error)}`)
  }
  return readDetectionSettings(text, file, detectors)
}

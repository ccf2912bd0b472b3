import { randomUUID } from 'node:crypto'
import { chmod, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readDetectionSettings } from '../config/detection-settings.ts'
import { type EditOutcome, editYaml, type YamlEdit } from '../config/edit-yaml.ts'
import { formatFault } from '../config/faults.ts'
import type { Batch, Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { detectors } from '../detectors/index.ts'
import { fileProblem, isFileError } from './file-problem.ts'

/**
 * Writes keys into the file of a batch, which is replaced as a whole: a crash leaves the old file or the new one. Outcomes in the order of the edits; with nothing to
 * write, the file is not touched. Throws `CONFIG_INVALID` when the file has faults, or would have them then.
 */
export async function writeKeys(
  project: Project,
  batch: Batch,
  edits: readonly YamlEdit[],
): Promise<readonly EditOutcome[]> {
  const faults = project.faults.filter(({ file }) => file === batch.file)
  if (faults.length > 0)
    throw new AnomstackError(
      'CONFIG_INVALID',
      `nothing is written to a file that has faults; correct them first:\n${faults.map(formatFault).join('\n')}`,
      { at: { batch: batch.name } },
    )
  try {
    // A link stays a link.
    const file = await realpath(path.join(project.dir, batch.file))
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file))
    const edited = editYaml(text, batch.file, edits)
    if (edited.text !== text) {
      readDetectionSettings(edited.text, batch.file, detectors)
      await replaceFile(file, edited.text)
    }
    return edited.outcomes
  } catch (error) {
    if (!isFileError(error)) throw error
    throw new AnomstackError('CONFIG_INVALID', `${batch.file} cannot be written: ${fileProblem(error)}`)
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  // Not .yaml: a server that watches the folder is not to read it.
  const temporary = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx', flush: true })
    await chmod(temporary, (await stat(file)).mode)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

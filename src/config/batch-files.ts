import { BATCH_KEYS, sourceKeys } from './batch-keys.ts'
import type { Report } from './faults.ts'
import { type Layer, layerOf } from './layers.ts'
import { findBatchFiles, projectPath, readTextFile } from './project-files.ts'
import { schemaFaults } from './schema-faults.ts'
import { readYamlFile } from './yaml-file.ts'

/** A batch file as it was written. */
export interface BatchFile {
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly layer: Layer
}

const nameOnly = sourceKeys.pick({ metric_batch: true })

/** Every batch file below the metrics folder that can be read and has a name, in the order of paths. */
export async function readBatchFiles(
  metricsDir: string,
  options: { readonly dir: string; readonly ignoreExamples: boolean; readonly report: Report },
): Promise<readonly BatchFile[]> {
  const { dir, report } = options
  const files: BatchFile[] = []
  for (const path of await findBatchFiles(metricsDir, options)) {
    const text = await readTextFile(path, { dir, report })
    const yaml = text === undefined ? undefined : readYamlFile(text, projectPath(dir, path), report)
    if (yaml === undefined) continue
    const { values, placeOf } = yaml
    if (!Object.keys(values).some((key) => BATCH_KEYS.has(key))) {
      // A folder without `metrics` may hold YAML files of other programs.
      report(placeOf([]), {
        severity: 'warning',
        message: 'not a batch file, since it has no metric_batch; it is left out',
      })
      continue
    }
    const name = values.metric_batch
    const faults = schemaFaults(nameOnly, Object.hasOwn(values, 'metric_batch') ? { metric_batch: name } : {})
    for (const fault of faults) report(placeOf(['metric_batch']), fault)
    if (faults.length === 0 && typeof name === 'string')
      files.push({ name, path, layer: layerOf(values, placeOf) })
  }
  return files
}

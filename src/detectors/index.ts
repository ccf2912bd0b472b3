import type { PluginCatalog } from '../core/plugin.ts'
import { isPyodClass } from '../core/pyod-class.ts'
import type { DetectorDefinition } from './detector.ts'
import { pyodDetector } from './pyod.ts'
import { iforest } from './tabular/iforest.ts'
import { knn } from './tabular/knn.ts'
import { mad } from './tabular/mad.ts'
import { pca } from './tabular/pca.ts'

const list: readonly DetectorDefinition[] = [knn, pca, iforest, mad]

/** All detectors by name. */
export const detectors: PluginCatalog<DetectorDefinition> = new Map(
  list.map((detector) => [detector.name, detector]),
)

const byAnyName = new Map(
  list.flatMap((detector) =>
    [detector.name, ...(detector.aliases ?? [])].map((name) => [name.toLowerCase(), detector]),
  ),
)

/** The detector of a name in any case, or of an alias; the full path of a class of PyOD means that class in the user's Python. */
export function findDetector(name: string): DetectorDefinition | undefined {
  return isPyodClass(name) ? pyodDetector(name.trim()) : byAnyName.get(name.trim().toLowerCase())
}

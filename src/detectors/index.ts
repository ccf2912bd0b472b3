import type { PluginCatalog } from '../core/plugin.ts'
import type { DetectorDefinition } from './detector.ts'
import { iforest } from './iforest.ts'
import { knn } from './knn.ts'
import { mad } from './mad.ts'
import { pca } from './pca.ts'

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

/** The detector of a name in any case, of an alias, or of a Python path such as `pyod.models.knn.KNN`. */
export function findDetector(name: string): DetectorDefinition | undefined {
  const short = /^pyod\.models\.\w+\.(\w+)$/i.exec(name.trim())?.[1] ?? name.trim()
  return byAnyName.get(short.toLowerCase())
}

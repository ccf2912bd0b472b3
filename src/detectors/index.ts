import type { PluginCatalog } from '../core/plugin.ts'
import { isPyodClass } from '../core/pyod-class.ts'
import { auto } from './auto/auto.ts'
import type { DetectorDefinition } from './detector.ts'
import { halfSpaceTrees } from './online/half-space-trees.ts'
import { onlineHoltWinters } from './online/online-holt-winters.ts'
import { onlinePca } from './online/online-pca.ts'
import { onlineRobustZ } from './online/online-robust-z.ts'
import { robustRandomCutForest } from './online/robust-random-cut-forest.ts'
import { pyodDetector } from './pyod.ts'
import { decomposition } from './series/decomposition.ts'
import { holtWinters } from './series/holt-winters.ts'
import { kShape } from './series/kshape.ts'
import { matrixProfile } from './series/matrix-profile.ts'
import { poly } from './series/poly.ts'
import { sand } from './series/sand.ts'
import { seasonalRobustZ } from './series/seasonal-robust-z.ts'
import { spectralResidual } from './series/spectral-residual.ts'
import { subKnn } from './series/sub-knn.ts'
import { subPca } from './series/sub-pca.ts'
import { abod } from './tabular/abod.ts'
import { autoEncoder } from './tabular/auto-encoder.ts'
import { cblof } from './tabular/cblof.ts'
import { cd } from './tabular/cd.ts'
import { cof } from './tabular/cof.ts'
import { copod } from './tabular/copod.ts'
import { deepSvdd } from './tabular/deep-svdd.ts'
import { ecod } from './tabular/ecod.ts'
import { featureBagging } from './tabular/feature-bagging.ts'
import { gmm } from './tabular/gmm.ts'
import { hbos } from './tabular/hbos.ts'
import { iforest } from './tabular/iforest.ts'
import { inne } from './tabular/inne.ts'
import { kde } from './tabular/kde.ts'
import { knn } from './tabular/knn.ts'
import { kpca } from './tabular/kpca.ts'
import { lmdd } from './tabular/lmdd.ts'
import { loda } from './tabular/loda.ts'
import { lof } from './tabular/lof.ts'
import { lscp } from './tabular/lscp.ts'
import { lunar } from './tabular/lunar.ts'
import { mad } from './tabular/mad.ts'
import { mcd } from './tabular/mcd.ts'
import { ocsvm } from './tabular/ocsvm.ts'
import { pca } from './tabular/pca.ts'
import { qmcd } from './tabular/qmcd.ts'
import { rod } from './tabular/rod.ts'
import { sampling } from './tabular/sampling.ts'
import { sod } from './tabular/sod.ts'
import { sos } from './tabular/sos.ts'
import { vae } from './tabular/vae.ts'

export { combine } from './combination.ts'
export type * from './detector.ts'
export { fitDetector, type OutlierDetector, restoreDetector } from './outlier-detector.ts'
export { slidingWindows, timestampScores } from './series/timestamp-scores.ts'
export { thresholders } from './thresholds/thresholders.ts'

const list: readonly DetectorDefinition[] = [
  abod,
  autoEncoder,
  cblof,
  cd,
  cof,
  copod,
  deepSvdd,
  ecod,
  featureBagging(findOwn),
  gmm,
  hbos,
  iforest,
  inne,
  kde,
  knn,
  kpca,
  lmdd,
  loda,
  lof,
  lscp(findOwn),
  lunar,
  mad,
  mcd,
  ocsvm,
  pca,
  qmcd,
  rod,
  sampling,
  sod,
  sos,
  vae,
  decomposition,
  holtWinters,
  kShape,
  matrixProfile,
  poly,
  sand,
  seasonalRobustZ,
  spectralResidual,
  subKnn,
  subPca,
  auto,
  halfSpaceTrees,
  onlineHoltWinters,
  onlinePca,
  onlineRobustZ,
  robustRandomCutForest,
]

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
  return isPyodClass(name) ? pyodDetector(name.trim()) : findOwn(name)
}

/** The same without the classes of PyOD: what an ensemble may consist of. */
function findOwn(name: string): DetectorDefinition | undefined {
  return byAnyName.get(name.trim().toLowerCase())
}

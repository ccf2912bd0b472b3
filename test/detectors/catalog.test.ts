import { expect, it } from 'vitest'
import { detectors, findDetector } from '../../src/detectors/index.ts'

it('finds a detector by any case or alias, and a class of PyOD by its full path', () => {
  for (const name of ['KNN', 'knn', ' Knn ']) expect(findDetector(name)?.name).toBe('KNN')
  for (const name of ['IForest', 'IFOREST', 'IsolationForest'])
    expect(findDetector(name)?.name).toBe('IForest')
  for (const name of [
    '',
    'XKNN',
    '__proto__',
    'constructor',
    'sklearn.knn.KNN',
    'pyod.models.KNN',
    'PYOD.models.knn.KNN',
    'pyod.models.knn.KNN()',
    'KNN\n;',
    '🔥',
  ])
    expect(findDetector(name)).toBeUndefined()
  expect(findDetector(' pyod.models.knn.KNN ')?.name).toBe('pyod.models.knn.KNN')
})

it('lists detectors of every family, each under its own name and once', () => {
  const families = [...detectors.values()].map(({ family }) => family)
  for (const family of ['tabular', 'series', 'online', 'timed']) expect(families).toContain(family)
  for (const [name, definition] of detectors) {
    expect(definition.name).toBe(name)
    for (const alias of [name, ...(definition.aliases ?? [])])
      expect(findDetector(alias), alias).toBe(definition)
  }
})

it('has every detector that PyOD has and needs no other input', () => {
  const pyod =
    'ABOD AutoEncoder CBLOF CD COF COPOD DeepSVDD ECOD FeatureBagging GMM HBOS IForest INNE KDE KNN KPCA LMDD LODA LOF LSCP LUNAR MAD MCD OCSVM PCA QMCD ROD Sampling SOD SOS VAE SpectralResidual MatrixProfile KShape SAND'
  for (const name of pyod.split(' ')) expect(findDetector(name)?.name, name).toBe(name)
})

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

it('lists the detectors of the defaults', () => {
  expect([...detectors.keys()]).toEqual(['KNN', 'PCA', 'IForest', 'MAD'])
})

import { expect, it } from 'vitest'
import { detectors, findDetector } from '../../src/detectors/index.ts'

it('finds a detector by any case, alias or Python path', () => {
  for (const name of ['KNN', 'knn', ' Knn ', 'pyod.models.knn.KNN'])
    expect(findDetector(name)?.name).toBe('KNN')
  for (const name of ['IForest', 'IFOREST', 'IsolationForest', 'pyod.models.iforest.IForest'])
    expect(findDetector(name)?.name).toBe('IForest')
  for (const name of ['', 'XKNN', '__proto__', 'constructor', 'sklearn.knn.KNN', 'KNN\n;', '🔥'])
    expect(findDetector(name)).toBeUndefined()
})

it('lists the detectors of the defaults', () => {
  expect([...detectors.keys()]).toEqual(['KNN', 'PCA', 'IForest', 'MAD'])
})

import { expect, it } from 'vitest'
import { readDetectionSettings } from '../../src/config/detection-settings.ts'
import { detectors } from '../../src/detectors/index.ts'

const read = (text: string) => readDetectionSettings(text, 'a.yaml', detectors)
const faultOf = (text: string) => {
  try {
    read(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

it('nothing is searched unless the batch says so', () => {
  expect(read('').model_search).toMatchObject({ method: 'none', trials: 20, together: 2, detectors: [] })
  expect(read('model_search: {method: random}').model_search).toMatchObject({ method: 'random', trials: 20 })
})

it('names detectors, parameters and values that cannot be tried', () => {
  const search = (inner: string) => faultOf(`model_search:\n  method: grid\n  detectors:\n    - ${inner}\n`)
  expect(search('{model_name: knn, model_params: {n_neighbors: [3, 5]}}')).toBeUndefined()
  expect(search('{model_name: pyod.models.lof.LOF}')).toBeUndefined()
  expect(search('{model_name: KMN}')).toMatch(/a\.yaml:4:.*unknown detector "KMN"[\s\S]*KNN/)
  expect(search('{model_name: KNN, model_params: {n_neighbours: [3]}}')).toMatch(/a\.yaml:4:.*n_neighbours/)
  expect(search('{model_name: KNN, model_params: {n_neighbors: [3, 0]}}')).toMatch(/model_params of KNN/)
  expect(search('{model_name: KNN, model_params: {n_neighbors: 3}}')).toMatch(/n_neighbors/)
  expect(search('{model_name: KNN, model_params: {n_neighbors: []}}')).toMatch(/n_neighbors/)
})

it('refuses what a search cannot be used with', () => {
  const online = 'update: online\nmodel_configs: [{model_name: OnlineRobustZ}]\n'
  expect(faultOf(online)).toBeUndefined()
  expect(faultOf(`${online}model_search: {method: random}`)).toMatch(/a\.yaml:3:.*update: online/)
  expect(
    faultOf('preprocess_fn: "export const preprocess = (x) => x"\nmodel_search: {method: random}'),
  ).toMatch(/nothing to search among/)
})

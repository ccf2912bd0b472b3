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

it('models are only retrained, unless the batch says that they learn point by point', () => {
  expect(read('')).toMatchObject({ update: 'retrain' })
  expect(read('update: online\nmodel_configs: [{model_name: onlinerobustz}]')).toMatchObject({
    update: 'online',
    model_configs: [{ model_name: 'OnlineRobustZ' }],
  })
})

it('detectors that cannot learn point by point are a fault, which names those that can', () => {
  const fixed = 'update: online\nmodel_configs: [{model_name: PCA}, {model_name: KNN}]'
  expect(faultOf('update: online')).toBeUndefined()
  expect(faultOf(fixed)).toMatch(
    /a\.yaml:1:9: .*update: online: PCA, KNN cannot learn point by point; use only .*OnlineRobustZ/,
  )
  const mixed =
    'model_configs: [{model_name: OnlineRobustZ}, {model_name: pyod.models.lof.LOF}]\nupdate: online'
  expect(faultOf(mixed)).toMatch(/a\.yaml:2:9: .*update: online: pyod\.models\.lof\.LOF cannot learn/)
  expect(faultOf(mixed.replace('online', 'retrain'))).toBeUndefined()
  expect(faultOf('update: online\nmodel_configs: [{model_name: Nope}]')).not.toMatch(/cannot learn/)
  expect(faultOf('update: sometimes')).toMatch(/update: .*retrain, online/)
})

it('scores may be joined in the ways of PyOD', () => {
  for (const method of ['mean', 'max', 'min', 'median', 'aom', 'moa', 'majority_vote'])
    expect(faultOf(`model_combination_method: ${method}`)).toBeUndefined()
  expect(read('model_combination_method: aom\nmodel_combination_buckets: 2').model_combination_buckets).toBe(
    2,
  )
  expect(faultOf('model_combination_method: average')).toMatch(/majority_vote/)
  expect(faultOf('model_combination_buckets: 0')).toMatch(/model_combination_buckets/)
})

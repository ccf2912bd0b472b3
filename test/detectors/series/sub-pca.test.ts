import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { subPca } from '../../../src/detectors/series/sub-pca.ts'
import { slidingWindows } from '../../../src/detectors/series/timestamp-scores.ts'
import { pca } from '../../../src/detectors/tabular/pca.ts'
import { seasonalSeries } from './seasonal-windows.ts'

const environment = { random: createRandom(1) }
const windows = slidingWindows(seasonalSeries(150), 20)

it.each([{}, { n_components: 4, weighted: false }])('is PCA over windows, with %j', (options) => {
  const ours = subPca.fit(windows, subPca.options.parse({ window_size: 20, ...options }), environment)
  expect(ours.trainScores).toEqual(pca.fit(windows, pca.options.parse(options), environment).trainScores)
})

it('refuses rows of another width than its windows', () => {
  expect(() => subPca.fit(windows, subPca.options.parse({}), environment)).toThrow(/SubPCA .* of 50 values/)
})

it('tells its own name when a state is damaged', () => {
  const options = subPca.options.parse({ window_size: 20 })
  const { state } = subPca.fit(windows, options, environment).model
  for (const damaged of [{}, { ...state, weights: new Float64Array(3) }])
    expect(() => subPca.restore(damaged)).toThrow(/not the state of a SubPCA model/)
  expect(() => subPca.restore(state).score(slidingWindows(seasonalSeries(30), 10))).toThrow(
    /this SubPCA model/,
  )
})

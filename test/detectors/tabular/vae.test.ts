import { expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { vae } from '../../../src/detectors/tabular/vae.ts'
import { areaUnderCurve, gaussianRows } from '../samples.ts'

const small = { encoder_neuron_list: [8], decoder_neuron_list: [8], epoch_num: 5, dropout_rate: 0 }
const learn = (options = {}, data = gaussianRows(200, 4), seed = 1) =>
  vae.fit(data, vae.options.parse({ ...small, ...options }), { random: createRandom(seed) })
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

it('gives the same score each time, with the means of the latent numbers', () => {
  const { model, trainScores } = learn()
  expect(model.score(gaussianRows(200, 4))).toEqual(trainScores)
})

it('rebuilds less when the latent numbers are held to standard normal ones', () => {
  const free = learn({ epoch_num: 60, lr: 0.01 })
  const held = learn({ epoch_num: 60, lr: 0.01, beta: 100, capacity: 1e6 })
  expect(mean(free.trainScores)).toBeLessThan(0.85 * mean(held.trainScores))
})

it('has no divergence in its loss by default, because of the capacity of 0', () => {
  expect(learn({ beta: 100 }).trainScores).toEqual(learn({ beta: 0 }).trainScores)
  expect(learn({ beta: 100, capacity: 10 }).trainScores).not.toEqual(learn({ beta: 0 }).trainScores)
})

it('takes curves at the end, other widths and no bounds of variances', () => {
  for (const options of [
    { output_activation_name: 'sigmoid' },
    { encoder_neuron_list: [9, 5], decoder_neuron_list: [3], latent_dim: 3, batch_norm: true },
    { logvar_clip: null },
  ]) {
    const { model, trainScores } = learn(options)
    expect(trainScores.every(Number.isFinite)).toBe(true)
    expect(vae.restore(model.state).score(gaussianRows(200, 4))).toEqual(trainScores)
  }
  expect(vae.options.safeParse({ logvar_clip: [2, 1] }).success).toBe(false)
})

it('scores rows that leave the plane of the others above them', () => {
  const rows = gaussianRows(300, 4)
  for (let i = 0; i < rows.data.length; i += 4) {
    rows.data[i + 2] = rows.data[i]! + rows.data[i + 1]!
    rows.data[i + 3] = rows.data[i]! - rows.data[i + 1]!
  }
  for (let row = 0; row < 15; row++) rows.data[row * 4 + 2]! *= -1
  const labels = Array.from({ length: 300 }, (_, row) => (row < 15 ? 1 : 0))
  const { trainScores } = learn(
    { epoch_num: 100, encoder_neuron_list: [32], decoder_neuron_list: [32] },
    rows,
  )
  expect(areaUnderCurve(trainScores, labels)).toBeGreaterThan(0.85)
})

it('refuses a state whose numbers are not those of its layers', () => {
  const { state } = learn({ epoch_num: 1 }).model
  for (const damage of [
    { latent: 3 },
    { latent: 0.5 },
    { decoder: Int32Array.of(7) },
    { encoder: Int32Array.of() },
  ])
    expect(() => vae.restore({ ...state, ...damage })).toThrow(/not the state of a VAE model/)
})

import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { drawCandidates, gridOf, type SearchSpace } from '../../../src/models/search/search-space.ts'
import { defaultSpec } from '../samples.ts'

const space: SearchSpace = {
  detectors: [
    { name: 'KNN', params: { n_neighbors: [3, 5], method: ['largest', 'mean'] } },
    { name: 'PCA', params: {} },
  ],
  preprocess: { diff_n: [0, 1], smooth_n: [0], lags_n: [3] },
  combination: ['mean', 'max'],
  together: 2,
}

describe('a grid', () => {
  const grid = gridOf(space, defaultSpec, 1000)

  it('holds every candidate once', () => {
    // 5 of one detector and 4 of two, the latter combined in two ways, each with two ways of preprocessing.
    expect(grid).toHaveLength((5 + 4 * 2) * 2)
    expect(new Set(grid.map((each) => JSON.stringify(each))).size).toBe(grid.length)
  })

  it('keeps what is not searched', () => {
    for (const { preprocess } of grid)
      expect(preprocess).toMatchObject({
        freq: defaultSpec.preprocess.freq,
        freq_agg: defaultSpec.preprocess.freq_agg,
        smooth_n: 0,
        lags_n: 3,
      })
  })

  it('gives detectors tags that tell them apart', () => {
    for (const { detectors } of grid)
      expect(new Set(detectors.map(({ tag }) => tag)).size).toBe(detectors.length)
  })

  it('of a large space ends early', () => {
    expect(gridOf(space, defaultSpec, 7)).toEqual(grid.slice(0, 7))
  })
})

describe('random candidates', () => {
  const draw = (count: number, seed = 1) =>
    drawCandidates(space, defaultSpec, { count, random: createRandom(seed) })

  it('are different, from the grid, and the same for the same seed', () => {
    const drawn = draw(10)
    expect(drawn).toHaveLength(10)
    expect(new Set(drawn.map((each) => JSON.stringify(each))).size).toBe(10)
    const grid = gridOf(space, defaultSpec, 1000).map((each) => JSON.stringify(each))
    for (const each of drawn) expect(grid).toContain(JSON.stringify(each))
    expect(draw(10)).toEqual(drawn)
    expect(draw(10, 2)).not.toEqual(drawn)
  })

  it('of a small space are all there are', () => {
    expect(draw(500).length).toBeLessThanOrEqual(26)
    expect(draw(500).length).toBeGreaterThanOrEqual(20)
  })
})

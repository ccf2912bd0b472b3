import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { kMeans, seedRows } from '../../../src/detectors/clustering/k-means.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const cluster = (rows: readonly (readonly number[])[], clusters: number, seed = 1) =>
  kMeans(matrixOf(rows), { clusters, random: createRandom(seed) })

describe('k-means', () => {
  it('finds groups that are far apart, whatever the seed', () => {
    const middles = [
      [0, 0],
      [30, 0],
      [0, 1e4],
    ]
    const noise = gaussianRows(90, 2, 3).data
    const rows = Array.from({ length: 90 }, (_, i) =>
      middles[i % 3]!.map((middle, j) => middle + noise[2 * i + j]!),
    )
    for (let seed = 0; seed < 20; seed++) {
      const { centres, labels } = cluster(rows, 3, seed)
      expect(new Set(labels).size).toBe(3)
      for (let i = 3; i < 90; i++) expect(labels[i]).toBe(labels[i % 3])
      for (let k = 0; k < 3; k++) {
        const own = rows.filter((_, i) => labels[i] === k)
        for (let j = 0; j < 2; j++)
          expect(centres.data[2 * k + j]).toBeCloseTo(
            own.reduce((sum, row) => sum + row[j]! / own.length, 0),
            9,
          )
      }
    }
  })

  it('gives one cluster the mean, and each of as many rows its own', () => {
    expect(Array.from(cluster([[1], [2], [6]], 1).centres.data)).toEqual([3])
    const { centres, labels } = cluster([[1], [2], [6]], 3)
    expect([1, 2, 6].map((_, row) => centres.data[labels[row]!])).toEqual([1, 2, 6])
  })

  it('leaves clusters empty when there are fewer different rows', () => {
    const { centres, labels } = cluster(
      Array.from({ length: 20 }, (_, i) => [i % 2, 5]),
      4,
    )
    expect(new Set(labels).size).toBe(2)
    expect(centres.data.every(Number.isFinite)).toBe(true)
  })

  it('is finite for the largest numbers', () => {
    const { centres, labels } = cluster(
      Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? Number.MAX_VALUE : -Number.MAX_VALUE]),
      2,
    )
    expect(
      Array.from(centres.data, (value) => value / Number.MAX_VALUE)
        .map(Math.round)
        .sort((a, b) => a - b),
    ).toEqual([-1, 1])
    expect(centres.data.every(Number.isFinite)).toBe(true)
    expect(labels[0]).not.toBe(labels[1])
  })

  it('starts from rows that are far from each other', () => {
    const rows = matrixOf(Array.from({ length: 60 }, (_, i) => [(i % 3) * 1000 + i / 100]))
    for (let seed = 0; seed < 20; seed++)
      expect(new Set(Array.from(seedRows(rows, 3, createRandom(seed)), (row) => row % 3)).size).toBe(3)
  })
})

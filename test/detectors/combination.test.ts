import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Combination } from '../../src/core/combinations.ts'
import { combine } from '../../src/detectors/combination.ts'

interface Golden {
  readonly cases: readonly ({
    readonly scores: readonly number[][]
    readonly labels: readonly number[][]
    readonly buckets: readonly {
      readonly buckets: number
      readonly aom: readonly number[]
      readonly moa: readonly number[]
    }[]
  } & Readonly<Record<'mean' | 'max' | 'median' | 'majority_vote', readonly number[]>>)[]
}

const golden = JSON.parse(readFileSync(new URL('combination.golden.json', import.meta.url), 'utf8')) as Golden

const { NaN: none } = Number
const columnsOf = (columns: readonly (readonly number[])[]) =>
  columns.map((column) => Float64Array.from(column))
const joined = (columns: readonly (readonly number[])[], method: Combination, buckets?: number) =>
  Array.from(combine(columnsOf(columns), method, buckets))

const columns = [
  [0.2, none, none, 1],
  [0.6, 0.5, none, 0],
  [0.1, none, none, 0.5],
]

it('joins row by row and skips what has no opinion', () => {
  expect(joined(columns, 'mean')).toEqual([(0.2 + 0.6 + 0.1) / 3, 0.5, none, 0.5])
  expect(joined(columns, 'max')).toEqual([0.6, 0.5, none, 1])
  expect(joined(columns, 'min')).toEqual([0.1, 0.5, none, 0])
  expect(joined(columns, 'median')).toEqual([0.2, 0.5, none, 0.5])
  const methods = ['mean', 'max', 'min', 'median', 'aom', 'moa', 'majority_vote'] as const
  for (const method of methods) expect(combine([], method)).toHaveLength(0)
})

describe('buckets', () => {
  it('hold neighbours, and differ in size by one at most', () => {
    const five = [[1], [2], [6], [3], [4]]
    expect(joined(five, 'aom', 2)).toEqual([(2 + 6) / 2])
    expect(joined(five, 'moa', 2)).toEqual([13 / 3])
    expect(joined(five, 'aom', 1)).toEqual([6])
    expect(joined(five, 'moa', 1)).toEqual([16 / 5])
  })

  it('are no more than there are detectors: then aom is the mean, and moa the maximum', () => {
    expect(joined(columns, 'aom')).toEqual(joined(columns, 'mean'))
    expect(joined(columns, 'moa')).toEqual(joined(columns, 'max'))
  })

  it('without any opinion are skipped, and so are detectors without one', () => {
    expect(joined([[none], [none], [0.4], [none], [0.2], [0.1]], 'aom', 3)).toEqual([(0.4 + 0.2) / 2])
    expect(joined([[none], [none], [0.4], [none], [0.2], [0.1]], 'moa', 3)).toEqual([0.4])
  })
})

it('a vote is won by more than half of those that have an opinion', () => {
  const labels = [
    [1, 1, 1, 0, none],
    [1, 1, 0, 0, none],
    [1, 0, none, 1, none],
    [1, 0, none, none, none],
  ]
  expect(joined(labels, 'majority_vote')).toEqual([1, 0, 0, 0, none])
})

it('gives the numbers of PyOD', () => {
  const close = (found: readonly number[], expected: readonly number[]) => {
    expect(found).toHaveLength(expected.length)
    found.forEach((value, row) => {
      expect(value).toBeCloseTo(expected[row]!, 12)
    })
  }
  for (const each of golden.cases) {
    for (const method of ['mean', 'max', 'median'] as const) close(joined(each.scores, method), each[method])
    close(joined(each.labels, 'majority_vote'), each.majority_vote)
    for (const { buckets, aom, moa } of each.buckets) {
      close(joined(each.scores, 'aom', buckets), aom)
      close(joined(each.scores, 'moa', buckets), moa)
    }
  }
})

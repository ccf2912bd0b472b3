import { describe, expect, it } from 'vitest'
import { exponentials } from '../../../src/detectors/kernels/exponential.ts'
import { type Kernel, kernelRow } from '../../../src/detectors/kernels/kernel.ts'
import { createKernelCache } from '../../../src/detectors/kernels/kernel-cache.ts'
import { gaussianRows, matrixOf } from '../samples.ts'

const kernel = (kind: Kernel['kind'], rest: Partial<Kernel> = {}): Kernel => ({
  kind,
  gamma: 0.5,
  degree: 3,
  coef0: 1,
  ...rest,
})

function values(of: Kernel, query: readonly number[], rows: readonly (readonly number[])[]): number[] {
  const out = new Float64Array(rows.length)
  const span = { query: Float64Array.from(query), offset: 0, from: 0, to: rows.length }
  kernelRow(of, matrixOf(rows), span, out)
  return Array.from(out)
}

describe('exponentials', () => {
  it('are those of Math.exp to the last bits', () => {
    const exponents = Float64Array.from({ length: 20_000 }, (_, i) => -700 * (i / 20_000) ** 4)
    const results = exponents.slice()
    exponentials(results, 1, { from: 0, to: results.length })
    for (let i = 0; i < results.length; i++)
      expect(Math.abs(results[i]! / Math.exp(exponents[i]!) - 1)).toBeLessThan(1e-15)
  })

  it('are exact at 0, and 0 where nothing is left', () => {
    const results = Float64Array.of(0, 746, Number.POSITIVE_INFINITY, Number.NaN, 7)
    exponentials(results, -1, { from: 0, to: 4 })
    expect(Array.from(results)).toEqual([1, 0, 0, 0, 7])
  })
})

describe('kernels', () => {
  const x = [1, 2, -1]
  const y = [3, 0, 2]

  it('have their textbook values', () => {
    expect(values(kernel('linear'), x, [y])).toEqual([1])
    expect(values(kernel('poly'), x, [y])).toEqual([1.5 ** 3])
    expect(values(kernel('poly', { degree: 0.5 }), x, [y])).toEqual([1.5 ** 0.5])
    expect(values(kernel('sigmoid'), x, [y])).toEqual([Math.tanh(1.5)])
    expect(values(kernel('rbf'), x, [y])[0]).toBeCloseTo(Math.exp(-0.5 * 17), 15)
  })

  it.each([1, 2, 3, 5, 6, 7, 9, 14])('have all of %i columns in the distance', (columns) => {
    const { data } = gaussianRows(2, columns, columns)
    const [a, b] = [Array.from(data.subarray(0, columns)), Array.from(data.subarray(columns))]
    const squares = a.reduce((sum, value, j) => sum + (value - b[j]!) ** 2, 0)
    const [own, other] = values(kernel('rbf'), a, [a, b])
    expect(own).toBe(1)
    expect(other! / Math.exp(-0.5 * squares)).toBeCloseTo(1, 12)
  })

  it.each(['linear', 'poly', 'rbf', 'sigmoid'] as const)('are finite for the largest numbers: %s', (kind) => {
    const far = Number.MAX_VALUE
    const rows = [
      [far, far],
      [far, -far],
      [0, 0],
      [1e200, -1e-200],
    ]
    for (const row of rows) expect(values(kernel(kind), row, rows).every(Number.isFinite)).toBe(true)
  })
})

describe('the cache of kernel rows', () => {
  it.each([0.0001, 1])('with %f megabytes gives the rows of the matrix after any exchange', (megabytes) => {
    const data = gaussianRows(9, 2, 3)
    const cache = createKernelCache(data, kernel('rbf'), megabytes)
    const order = Array.from({ length: 9 }, (_, i) => i)
    const place = (i: number) => Array.from(data.data.subarray(2 * order[i]!, 2 * order[i]! + 2))
    const check = (index: number, length: number) => {
      const row = cache.row(index, length)
      const wanted = values(
        kernel('rbf'),
        place(index),
        Array.from({ length }, (_, i) => place(i)),
      )
      for (let i = 0; i < length; i++) expect(row[i]).toBeCloseTo(wanted[i]!, 14)
    }
    for (let round = 0; round < 40; round++) {
      check((round * 5) % 9, 9 - (round % 4))
      check((round * 7) % 9, 9)
      const [a, b] = [(round * 2) % 9, (round * 4 + 1) % 9]
      cache.swap(a, b)
      ;[order[a], order[b]] = [order[b]!, order[a]!]
      expect(cache.diagonal[a]).toBe(1)
    }
  })
})

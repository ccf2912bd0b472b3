import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { drawDistinct } from '../../../src/detectors/statistics/draw.ts'
import { lmdd } from '../../../src/detectors/tabular/lmdd.ts'
import { gaussianRows, matrixOf, rowOf } from '../samples.ts'

const learn = (data: ReturnType<typeof matrixOf>, options = {}, seed = 1) =>
  lmdd.fit(data, lmdd.options.parse(options), { random: createRandom(seed) })

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const quantile = (values: readonly number[], share: number) => {
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!]
  return low + (place - Math.floor(place)) * (high - low)
}
const MEASURES: Record<string, (values: readonly number[]) => number> = {
  aad: (values) => mean(values.map((value) => Math.abs(value - mean(values)))),
  var: (values) => mean(values.map((value) => (value - mean(values)) ** 2)),
  iqr: (values) => quantile(values, 0.75) - quantile(values, 0.25),
}

/** The smoothing factors of one order, word for word. */
function factorsOf(rows: readonly (readonly number[])[], measure: (values: readonly number[]) => number) {
  const jumps = rows.map((_, i) =>
    i === 0
      ? Number.NEGATIVE_INFINITY
      : measure(rows.slice(0, i + 1).flat()) - measure(rows.slice(0, i).flat()),
  )
  const jump = Math.max(...jumps)
  const place = jumps.indexOf(jump)
  return rows.map((row, i) => {
    if (jump <= 0 || i < place) return 0
    if (i === place) return jump
    const before = rows.slice(0, place)
    const lost = measure([...before, row].flat()) - measure([...before, rows[place]!, row].flat())
    return lost >= 0 ? jump + lost : 0
  })
}

describe.each(Object.entries(MEASURES))('by %s', (dis_measure, measure) => {
  const data = gaussianRows(25, 3, 4)
  const rows = Array.from({ length: 25 }, (_, i) => [...rowOf(data, i).data])
  const query = gaussianRows(12, 3, 5)
  query.data.set([40, 0, 0], 6)

  it('finds the largest factor over the orders, of training rows and of a row that comes last', () => {
    const { model, trainScores } = learn(data, { dis_measure, n_iter: 8 }, 3)
    const random = createRandom(3)
    const train = rows.map(() => ({ factor: 0, score: 0 }))
    const last = Array.from({ length: query.rows }, () => ({ factor: 0, score: 0 }))
    const raise = (best: { factor: number; score: number }, factor: number, all: readonly number[]) => {
      if (factor <= best.factor) return
      best.factor = factor
      best.score = factor * all.filter((other) => other <= 0).length
    }
    for (let iteration = 0; iteration < 8; iteration++) {
      const order = [...drawDistinct(random, 25, 25)]
      const shuffled = order.map((row) => rows[row]!)
      const factors = factorsOf(shuffled, measure)
      order.forEach((row, i) => {
        raise(train[row]!, factors[i]!, factors)
      })
      last.forEach((best, i) => {
        const more = factorsOf([...shuffled, [...rowOf(query, i).data]], measure)
        raise(best, more[25]!, more)
      })
    }
    const scores = model.score(query)
    for (const [i, { score }] of train.entries()) expect(trainScores[i]).toBeCloseTo(score, 9)
    for (const [i, { score }] of last.entries()) expect(scores[i]).toBeCloseTo(score, 9)
  })
})

it('finds a row the stranger the farther it is', () => {
  const { model } = learn(gaussianRows(100, 2))
  const scores = model.score(matrixOf([0, 5, 20, 1e3, 1e9].map((value) => [value, -value])))
  expect([...scores]).toEqual([...scores].sort((a, b) => a - b))
  expect(scores[1]).toBeGreaterThan(scores[0]!)
})

it('scores a constant with 0, and what differs from it above', () => {
  const { model, trainScores } = learn(matrixOf(Array.from({ length: 20 }, () => [0.1, 0.1])))
  expect(trainScores.every((score) => score === 0)).toBe(true)
  const [same, other] = model.score(
    matrixOf([
      [0.1, 0.1],
      [0.1, 0.2],
    ]),
  )
  expect(same).toBe(0)
  expect(other).toBeGreaterThan(0)
})

it('shuffles by its own seed where it has one', () => {
  const data = gaussianRows(40, 2)
  const own = (seed: number) => learn(data, { random_state: 7, n_iter: 3 }, seed).trainScores
  expect(own(1)).toEqual(own(2))
  expect(learn(data, { n_iter: 3 }, 1).trainScores).not.toEqual(learn(data, { n_iter: 3 }, 2).trainScores)
})

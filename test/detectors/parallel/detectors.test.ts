import { expect, test } from 'vitest'
import { createRandom } from '../../../src/core/random.ts'
import { findDetector, fitDetector, restoreDetector } from '../../../src/detectors/index.ts'
import { createParallel } from '../../../src/detectors/parallel/create-parallel.ts'
import type { Parallel } from '../../../src/detectors/parallel/parallel.ts'
import { gaussianRows } from '../samples.ts'

/** Detectors that share their work, with few enough rows, and as wide as each way of searching needs. */
const CASES: readonly (readonly [name: string, columns: number, options?: object])[] = [
  ['KNN', 4],
  ['KNN', 24],
  ['KNN', 4, { method: 'median', metric: 'manhattan' }],
  ['LOF', 6],
  ['LOF', 24],
  ['COF', 4],
  ['ABOD', 4],
  ['SOD', 4],
  ['LUNAR', 4, { n_epochs: 10 }],
  ['IForest', 6],
  ['IForest', 6, { max_samples: 600 }],
  ['KDE', 3],
  ['KDE', 3, { metric: 'manhattan' }],
  ['FeatureBagging', 6],
  ['LSCP', 4, { detector_list: ['KNN', 'HBOS'] }],
]
const ROWS = 1500

function judged(name: string, parallel: Parallel | undefined, columns: number, options: object) {
  const definition = findDetector(name)!
  const data = gaussianRows(ROWS, columns)
  const environment = { random: createRandom(7), parallel }
  const { model, trainScores } = definition.fit(data, definition.options.parse(options), environment)
  const restored = definition.restore(structuredClone(model.state), { parallel })
  const others = gaussianRows(ROWS + 1, columns)
  return [trainScores, model.score(others), restored.score(others)]
}

for (const [name, columns, options = {}] of CASES)
  for (const threads of [2, 3])
    test(`${name} ${JSON.stringify(options)} of ${columns} columns is the same with ${threads} threads`, () => {
      const alone = judged(name, undefined, columns, options)
      const parallel = createParallel({ threads, leastItems: 0, leastMs: 0 })
      const deadline = performance.now() + 60_000
      // A thread that has only just started may find all done.
      do expect(judged(name, parallel, columns, options)).toEqual(alone)
      while (parallel.helped === 0 && performance.now() < deadline)
      expect(parallel.helped).toBeGreaterThan(0)
    })

test('what takes a moment stays in the calling thread', () => {
  const hire = () => expect.fail('no thread is needed')
  const parallel = createParallel({ threads: 2, hire })
  expect(judged('IForest', parallel, 3, {})).toEqual(judged('IForest', undefined, 3, {}))
})

test('scores are ordinary arrays', () => {
  const parallel = createParallel({ threads: 2, leastItems: 0, leastMs: 0 })
  for (const scores of judged('KDE', parallel, 3, {})) expect(scores.buffer).toBeInstanceOf(ArrayBuffer)
})

test('fitDetector and restoreDetector take a number of threads', () => {
  const data = gaussianRows(4000, 8)
  const knn = findDetector('KNN')!
  const alone = fitDetector(knn, data)
  const together = fitDetector(knn, data, { threads: 2 })
  expect(together.trainScores).toEqual(alone.trainScores)
  expect(restoreDetector(knn, together.saved, { threads: 2 }).score(data)).toEqual(alone.score(data))
  for (const threads of [0, 1.5, Number.NaN])
    expect(() => fitDetector(knn, data, { threads })).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    )
})

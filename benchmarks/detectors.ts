import { createRandom } from '../src/core/random.ts'
import type { DetectorDefinition, Matrix } from '../src/detectors/detector.ts'
import type * as Detectors from '../src/detectors/index.ts'
import { built } from './built.ts'
import type { Benchmark, Measurement } from './measurement.ts'

const SIZES = [
  { rows: 2_500, columns: 6, runs: 15 },
  { rows: 100_000, columns: 10, runs: 1 },
]

/** Every detector: fit with the scores of the training rows, scores of as many other rows, and of 25 by a model just restored. The fastest of some runs. */
export const benchmark: Benchmark = async () => {
  const { detectors } = await built<typeof Detectors>('detectors/index.js')
  const results: Measurement[] = []
  for (const { rows, columns, runs } of SIZES)
    for (const definition of detectors.values()) {
      const width = definition.name === 'MAD' ? 1 : columns
      const train = gaussian(rows, width, 1)
      const best = timeDetector(definition, { train, test: gaussian(rows, width, 2), runs })
      const size = `${definition.name}, ${rows.toLocaleString('en')} x ${width}`
      results.push(
        { name: `${size}: fit`, value: best.fit, unit: 'ms' },
        { name: `${size}: score`, value: best.score, unit: 'ms' },
        { name: `${size}: restore, score 25`, value: best.scoreFew, unit: 'ms' },
      )
    }
  return results
}

interface Load {
  readonly train: Matrix
  readonly test: Matrix
  readonly runs: number
}

function timeDetector(definition: DetectorDefinition, { train, test, runs }: Load) {
  const few = { ...test, rows: 25, data: test.data.subarray(0, 25 * test.columns) }
  const options = definition.options.parse({})
  const best = {
    fit: Number.POSITIVE_INFINITY,
    score: Number.POSITIVE_INFINITY,
    scoreFew: Number.POSITIVE_INFINITY,
  }
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    const { model, trainScores } = definition.fit(train, options, { random: createRandom(run) })
    // Some compute them when they are asked for.
    if (trainScores.length !== train.rows) throw new Error(`${definition.name} left rows without a score`)
    const fitted = performance.now()
    model.score(test)
    const scored = performance.now()
    definition.restore(model.state).score(few)
    best.fit = Math.min(best.fit, fitted - start)
    best.score = Math.min(best.score, scored - fitted)
    best.scoreFew = Math.min(best.scoreFew, performance.now() - scored)
  }
  return best
}

function gaussian(rows: number, columns: number, seed: number): Matrix {
  const random = createRandom(seed)
  const data = Float64Array.from(
    { length: rows * columns },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  )
  return { data, rows, columns }
}

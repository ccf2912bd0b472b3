import { pathToFileURL } from 'node:url'
import { createRandom } from '../src/core/random.ts'
import type { DetectorDefinition, Matrix } from '../src/detectors/detector.ts'
import { detectors } from '../src/detectors/index.ts'

/** Milliseconds of one detector on one size of data, the fastest of some runs. */
export interface DetectorTiming {
  readonly detector: string
  readonly rows: number
  readonly columns: number
  /** Fit, with the scores of the training rows. */
  readonly fit: number
  /** Scores of as many other rows. */
  readonly score: number
  /** Scores of 25 rows by a model just restored. */
  readonly scoreFew: number
}

const SIZES = [
  { rows: 2000, columns: 6, runs: 15 },
  { rows: 100_000, columns: 10, runs: 1 },
]

/** Times every detector at 2,000 rows of 6 columns and 100,000 rows of 10. */
export function detectorsBench(
  report: (timing: DetectorTiming) => void = () => {},
): readonly DetectorTiming[] {
  const timings: DetectorTiming[] = []
  for (const { rows, columns, runs } of SIZES)
    for (const definition of detectors.values()) {
      const width = definition.name === 'MAD' ? 1 : columns
      const timing = timeDetector(definition, {
        train: gaussian(rows, width, 1),
        test: gaussian(rows, width, 2),
        runs,
      })
      timings.push(timing)
      report(timing)
    }
  return timings
}

interface Load {
  readonly train: Matrix
  readonly test: Matrix
  readonly runs: number
}

function timeDetector(definition: DetectorDefinition, { train, test, runs }: Load): DetectorTiming {
  const few = { ...test, rows: 25, data: test.data.subarray(0, 25 * test.columns) }
  const options = definition.options.parse({})
  const best = {
    fit: Number.POSITIVE_INFINITY,
    score: Number.POSITIVE_INFINITY,
    scoreFew: Number.POSITIVE_INFINITY,
  }
  for (let run = 0; run < runs; run++) {
    const start = performance.now()
    const { model } = definition.fit(train, options, { random: createRandom(run) })
    const fitted = performance.now()
    model.score(test)
    const scored = performance.now()
    const restored = definition.restore(model.state)
    const ready = performance.now()
    restored.score(few)
    best.fit = Math.min(best.fit, fitted - start)
    best.score = Math.min(best.score, scored - fitted)
    best.scoreFew = Math.min(best.scoreFew, performance.now() - ready)
  }
  return { detector: definition.name, rows: train.rows, columns: train.columns, ...best }
}

function gaussian(rows: number, columns: number, seed: number): Matrix {
  const random = createRandom(seed)
  const data = Float64Array.from(
    { length: rows * columns },
    () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()),
  )
  return { data, rows, columns }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  detectorsBench(({ detector, rows, columns, fit, score, scoreFew }) => {
    const size = `${rows} x ${columns}`.padStart(12)
    const times = `fit ${fit.toFixed(2)} ms, score ${score.toFixed(2)} ms, 25 rows ${scoreFew.toFixed(3)} ms`
    process.stdout.write(`${detector.padEnd(8)} ${size}  ${times}\n`)
  })

import { createRandom } from '../src/core/random.ts'
import type { Matrix } from '../src/detectors/detector.ts'
import type * as Detectors from '../src/detectors/index.ts'
import { built } from './built.ts'
import { type Benchmark, type Measurement, timed } from './measurement.ts'

const COLUMNS = 10
/** Detectors whose work is mostly shared, with so many rows that it takes a while. */
const ROWS: Readonly<Record<string, number>> = { KNN: 30_000, IForest: 500_000 }
const QUICK_SHARE = 10
const RUNS = 3

/** One fit and one call to score by one thread and by two, which take turns, so that they meet the same neighbours on the machine. */
export const benchmark: Benchmark = async ({ quick }) => {
  const { fitDetector, findDetector } = await built<typeof Detectors>('detectors/index.js')
  const measurements: Measurement[] = []
  for (const [name, most] of Object.entries(ROWS)) {
    const count = quick ? most / QUICK_SHARE : most
    const rows = uniformRows(count)
    for (let run = 0; run < RUNS; run++)
      for (const threads of [1, 2]) {
        const fitted = await timed(() => fitDetector(findDetector(name)!, rows, { threads }))
        const scored = await timed(() => fitted.result.score(rows))
        const of = `${name} ${count.toLocaleString('en')} rows, threads: ${threads}`
        measurements.push(
          { name: `fit ${of}`, value: fitted.seconds, unit: 's' },
          { name: `score ${of}`, value: scored.seconds, unit: 's' },
        )
      }
  }
  return measurements
}

function uniformRows(rows: number): Matrix {
  const random = createRandom(1)
  return { data: new Float64Array(rows * COLUMNS).map(() => random.next()), rows, columns: COLUMNS }
}

// CPU seconds of fitting (with the training scores) and of scoring by a detector, and the memory that it takes:
// tsx detector-times.ts NAME ROWS COLUMNS RUNS FOLDER. FOLDER holds train.f64 and test.f64. Prints one line of JSON.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createRandom } from '../src/core/random.ts'
import type { Matrix } from '../src/detectors/detector.ts'
import type * as Detectors from '../src/detectors/index.ts'
import { built } from './built.ts'
import { peakMemory } from './measurement.ts'

/** Those that take long are taken less often, and those that take very long once. */
const FEWEST = 3
const ENOUGH_S = 3
const LONG_S = 20

const [name = '', rows = '', columns = '', runs = '', folder = ''] = process.argv.slice(2)
const { findDetector } = await built<typeof Detectors>('detectors/index.js')
const definition = findDetector(name)!
const [train, test] = ['train.f64', 'test.f64'].map((file): Matrix => {
  const bytes = readFileSync(path.join(folder, file))
  const data = new Float64Array(new Uint8Array(bytes).buffer)
  return { data, rows: Number(rows), columns: Number(columns) }
})
const before = peakMemory()
const times: number[] = []
let spent = 0
for (let run = 0; run < Number(runs) && spent < (run < FEWEST ? LONG_S : ENOUGH_S); run++) {
  const start = process.cpuUsage()
  const fitted = definition.fit(train!, definition.options.parse({}), { random: createRandom(run) })
  // Some compute them when they are asked for.
  if (fitted.trainScores.length !== train!.rows) throw new Error(`${name} left rows without a score`)
  fitted.model.score(test!)
  const { user, system } = process.cpuUsage(start)
  times.push((user + system) / 1e6)
  spent += times.at(-1)!
}
const seconds = times.sort((a, b) => a - b)[times.length >> 1]!
process.stdout.write(`${JSON.stringify({ seconds, megabytes: peakMemory() - before })}\n`)

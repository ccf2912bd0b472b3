import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Benchmark, timed } from './measurement.ts'
import { makeSeries } from './samples.ts'
import { inScratchFolder } from './scratch-folder.ts'

const POINTS = 200_000
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))

/** The command `anomstack detect` on a CSV file, from its start to its end. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const { timestamps, values } = makeSeries('detected', POINTS)
    const lines = Array.from(
      timestamps,
      (timestamp, i) => `${new Date(timestamp).toISOString()},${values[i]}`,
    )
    const file = join(folder, 'points.csv')
    await writeFile(file, `timestamp,value\n${lines.join('\n')}\n`)
    const config = join(folder, 'original.yaml')
    await writeFile(config, 'model_configs: [{model_name: PCA}, {model_name: KNN}]\n')
    const { seconds, result } = await timed(() =>
      spawnSync(
        process.execPath,
        [main, 'detect', file, '--config', config, '--out', join(folder, 'scored.csv')],
        {
          encoding: 'utf8',
        },
      ),
    )
    if (result.status !== 0) throw new Error(`detect failed: ${result.stderr}`)
    return [
      {
        name: 'detect, 200,000 points of a CSV file',
        value: POINTS / seconds,
        unit: 'points/s',
        target: { least: 20_000 },
      },
    ]
  })

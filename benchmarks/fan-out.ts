import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openPostgresControl } from '../src/control/postgres-control.ts'
import { systemClock } from '../src/core/clock.ts'
import { silentLogger } from '../src/core/logger.ts'
import { createDbosOrchestrator } from '../src/orchestrator/dbos.ts'
import { startPostgres } from '../test/postgres/start-postgres.ts'
import { type Benchmark, type Measurement, timed } from './measurement.ts'
import { startNode, stop } from './server-process.ts'

const METRICS = 20_000
/** The default of `fan_out_n`. */
const PART = 500
/** Of a core, for each metric: about what training the default models takes. */
const MILLISECONDS = 2
const WORKERS = [1, 2, 4]
const root = fileURLToPath(new URL('..', import.meta.url))

/** A batch of 20,000 metrics, divided among worker processes by DBOS. */
export const benchmark: Benchmark = async () => {
  const postgres = await startPostgres()
  try {
    const results: Measurement[] = []
    let alone = 0
    for (const workers of WORKERS) {
      const seconds = await measure(await postgres.createDatabase(), workers)
      if (workers === 1) alone = seconds
      const cores = Math.min(workers, availableParallelism())
      results.push(
        { name: `fan-out: ${METRICS} metrics, workers: ${workers}`, value: seconds, unit: 's' },
        {
          name: `fan-out: efficiency, workers: ${workers}, cores that they can use: ${cores}`,
          value: (100 * alone) / (seconds * cores),
          unit: '%',
        },
      )
    }
    return results
  } finally {
    await postgres.stop()
  }
}

async function measure(url: string, workers: number): Promise<number> {
  const control = await openPostgresControl(url)
  const watcher = createDbosOrchestrator({
    control,
    clock: systemClock,
    logger: silentLogger,
    maxRuntimeMs: 600_000,
    url,
  })
  const script = fileURLToPath(new URL('./fan-out-worker.mjs', import.meta.url))
  const args = [script, url, ...[METRICS / PART, PART, MILLISECONDS].map(String)]
  const started = Array.from({ length: workers }, () => startNode(args, root))
  try {
    await Promise.all(started.map(({ child }) => once(child.stdout!, 'data')))
    const { seconds, result } = await timed(async () => {
      const { run } = await watcher.enqueue({ job: 'train', batch: 'wide', trigger: 'manual' })
      return watcher.wait(run.id)
    })
    if (result.status !== 'succeeded') throw new Error(JSON.stringify(result.error))
    return seconds
  } finally {
    await Promise.all(started.map(({ child }) => stop(child)))
    await watcher.stop({ graceMs: 0 })
    await control.close()
  }
}

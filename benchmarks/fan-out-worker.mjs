// A worker whose jobs are divided into parts that keep a core busy: node fan-out-worker.mjs DATABASE PARTS METRICS MILLISECONDS
// Each part has so many metrics, each of which takes so long.
import { setImmediate as turn } from 'node:timers/promises'
import { openPostgresControl } from '../dist/control/postgres-control.js'
import { systemClock } from '../dist/core/clock.js'
import { silentLogger } from '../dist/core/logger.js'
import { createDbosOrchestrator } from '../dist/orchestrator/dbos.js'

const [url, ...numbers] = process.argv.slice(2)
const [parts, metrics, milliseconds] = numbers.map(Number)

async function work() {
  for (let metric = 0; metric < metrics; metric++) {
    const start = process.cpuUsage()
    for (;;) {
      const { user, system } = process.cpuUsage(start)
      if (user + system >= milliseconds * 1000) break
    }
    await turn()
  }
}

const control = await openPostgresControl(url)
const orchestrator = createDbosOrchestrator({
  control,
  clock: systemClock,
  logger: silentLogger,
  maxRuntimeMs: 600_000,
  url,
})
orchestrator.register(
  new Map([
    [
      'train',
      async ({ run, fanOut }) => {
        if (run.shard !== undefined && run.shard !== '') return work()
        await fanOut(
          Array.from({ length: parts }, (_, index) => ({
            job: 'train',
            batch: run.batch,
            shard: `part ${index}`,
          })),
        )
      },
    ],
  ]),
)
await orchestrator.start({ concurrency: 2 })
const end = async () => {
  await orchestrator.stop({ graceMs: 1_000 })
  await control.close()
  process.exit(0)
}
process.once('SIGTERM', () => void end())
process.stdout.write('ready\n')

/** A process that executes runs: `node --import tsx child.ts FILE MODE`. It prints `started ID ATTEMPT` for each. In mode `hang` runs never end, in mode `die` each takes
 * the process down, in mode `work` they end at once. */

import { once } from 'node:events'
import { openSqliteControl } from '../../src/control/sqlite-control.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import type { JobHandler } from '../../src/orchestrator/orchestrator.ts'

const [file = '', mode = ''] = process.argv.slice(2)
const control = await openSqliteControl(file)
const orchestrator = createLocalOrchestrator({
  control,
  clock: systemClock,
  logger: silentLogger,
  maxRuntimeMs: 600_000,
  pollMs: 20,
})

const handler: JobHandler = async ({ run, signal }) => {
  process.stdout.write(`started ${run.id} ${run.attempt}\n`)
  if (mode === 'die') process.kill(process.pid, 'SIGKILL')
  if (mode !== 'work')
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
orchestrator.register(new Map([['ingest', handler]]))
await orchestrator.start({ concurrency: 4 })
process.stdout.write('ready\n')
await once(process, 'SIGTERM')
await orchestrator.stop({ graceMs: 0 })
await control.close()

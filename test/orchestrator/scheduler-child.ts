/** A process that looks after schedules on a fast clock: `node --import tsx scheduler-child.ts FILE SPEED START CRON`. It prints `ready`, and `fired TICK` for each
 * run that it queued. */

import { once } from 'node:events'
import { openControl } from '../../src/control/open-control.ts'
import { spedUpClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import { createScheduler } from '../../src/orchestrator/scheduler.ts'
import { schedule } from './schedule.ts'

const [file = '', speed = '', start = '', cron = ''] = process.argv.slice(2)
const control = await openControl({ file })
const clock = spedUpClock(Number(speed), Number(start))
const orchestrator = createLocalOrchestrator({
  control,
  clock,
  logger: silentLogger,
  maxRuntimeMs: 600_000,
})
const scheduler = createScheduler({
  clock,
  control,
  logger: silentLogger,
  orchestrator: {
    async fire(ticks) {
      const runs = await orchestrator.fire(ticks)
      for (const run of runs) process.stdout.write(`fired ${run.scheduledFor}\n`)
      return runs
    },
  },
  // Nobody executes the runs; and a machine that is busy must not make this test lose ticks.
  schedules: () => [schedule(cron, { overlap: 'queue', catchUp: 'all', catchUpMax: 1_000 })],
  pollMs: 50,
})
scheduler.start()
process.stdout.write('ready\n')
await once(process, 'SIGTERM')
await scheduler.stop()
await control.close()

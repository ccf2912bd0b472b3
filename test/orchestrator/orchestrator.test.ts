import { afterAll, beforeAll } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { openPostgresControl } from '../../src/control/postgres-control.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createDbosOrchestrator } from '../../src/orchestrator/dbos.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { type OrchestratorUnderTest, orchestratorContract } from './orchestrator.contract.ts'

const controls = temporaryControls()
let postgres: TestPostgres
const urls = new WeakMap<Control, string>()
const opened: Control[] = []
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => {
  for (const control of opened) await control.close()
  await postgres.stop()
})

const quick = { logger: silentLogger, pollMs: 10, patienceMs: 50 }

/** Every way to drive runs; each keeps the same promises. */
const ORCHESTRATORS: readonly OrchestratorUnderTest[] = [
  {
    name: 'local',
    openControl: () => controls.open(),
    create: (options) => createLocalOrchestrator({ ...options, ...quick }),
  },
  {
    name: 'dbos',
    async openControl() {
      const url = await postgres.createDatabase()
      const control = await openPostgresControl(url)
      opened.push(control)
      urls.set(control, url)
      return control
    },
    create: (options) =>
      createDbosOrchestrator({
        ...options,
        ...quick,
        url: urls.get(options.control)!,
        queuePollMs: 20,
        sweepMs: 100,
      }),
  },
]

for (const orchestrator of ORCHESTRATORS) orchestratorContract(orchestrator)

import { silentLogger } from '../../src/core/logger.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { type OrchestratorUnderTest, orchestratorContract } from './orchestrator.contract.ts'

const controls = temporaryControls()

/** Every way to drive runs; each keeps the same promises. */
const ORCHESTRATORS: readonly OrchestratorUnderTest[] = [
  {
    name: 'local',
    openControl: () => controls.open(),
    create: (options) =>
      createLocalOrchestrator({ ...options, logger: silentLogger, pollMs: 10, patienceMs: 50 }),
  },
]

for (const orchestrator of ORCHESTRATORS) orchestratorContract(orchestrator)

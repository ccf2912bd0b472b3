/** A process that looks once whether runs have failed, says `noticed`, and delivers nothing: `node --import tsx noticing-child.ts FOLDER`. */
import { createApp } from '../../../src/app.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { runFailure } from '../../../src/orchestrator/sensors/run-failure.ts'
import { check, servicesOf } from './rig.ts'

const app = await createApp(process.argv[2] ?? '', { logger: () => silentLogger })
await check(runFailure(servicesOf(app)))
process.stdout.write('noticed\n')
setInterval(() => {}, 1_000)

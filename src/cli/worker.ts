import { createApp } from '../app.ts'
import { AnomstackError } from '../core/errors.ts'
import type { QueueName } from '../core/queues.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { showFaults } from './show-faults.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface WorkerOptions {
  readonly project: string
  /** All when not given. */
  readonly queues?: readonly QueueName[]
  readonly concurrency?: number
}

/** Runs under way get so long to end after SIGTERM; then they are left to others. */
const GRACE = 30_000

/** Executes runs and delivers alerts until it is interrupted. Errors: `CONFIG_INVALID` without `ANOMSTACK_DATABASE_URL`. */
export async function worker({ project: dir, queues, concurrency }: WorkerOptions): Promise<ExitCode> {
  const { signal, release } = interruption()
  const app = await createApp(dir, { logger: (redact) => createTerminalLogger({ least: 'info', redact }) })
  try {
    const { project, orchestrator, pump, sensors, logger } = app
    if (project.server.databaseUrl === undefined)
      throw new AnomstackError(
        'CONFIG_INVALID',
        'workers share their work through PostgreSQL: set ANOMSTACK_DATABASE_URL to its address, for servers and workers alike',
      )
    showFaults(project.faults, process.stderr)
    await orchestrator.start({
      concurrency: concurrency ?? project.server.concurrency,
      ...(queues === undefined ? {} : { queues }),
    })
    if (queues === undefined || queues.includes('deliver')) pump.start()
    sensors.start(['config-change'])
    logger.log('info', 'worker started', { queues: queues === undefined ? 'all' : queues.join(',') })
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    logger.log('info', 'worker stops; runs under way may end', { seconds: GRACE / 1000 })
    return 0
  } finally {
    await app.close(GRACE)
    release()
  }
}

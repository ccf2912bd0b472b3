import { createApp } from '../app.ts'
import { formatFault } from '../config/faults.ts'
import { AnomstackError } from '../core/errors.ts'
import { serve } from '../serve.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { announceServer, findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface StartOptions {
  readonly project: string
  readonly host?: string
  readonly port?: number
  readonly backfill?: boolean
}

/** Runs under way get so long to end after Ctrl+C; then they are interrupted, and resumed at the next start. */
const GRACE = 8_000

/** Serves the project until it is interrupted. */
export async function start(options: StartOptions): Promise<ExitCode> {
  const { signal, release } = interruption()
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'info', redact }),
  })
  try {
    const other = await findServer(app.project)
    if (other !== undefined)
      throw new AnomstackError(
        'CONFLICT',
        `a server of this project runs already: ${other.url} (process ${other.pid})`,
      )
    for (const fault of app.project.faults) process.stderr.write(`${formatFault(fault)}\n`)
    const server = await serve(app, {
      host: options.host ?? app.project.server.host,
      port: options.port ?? app.project.server.port,
      backfill: options.backfill === true,
    })
    const withdraw = await announceServer(app.project, server.url)
    process.stdout.write(
      `Anomstack watches ${app.project.batches.size} batches of ${app.project.dir}\nOpen ${server.url}  (Ctrl+C stops)\n`,
    )
    await untilAborted(signal)
    await withdraw()
    await server.close(GRACE)
    return 0
  } finally {
    await app.close(GRACE)
    release()
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

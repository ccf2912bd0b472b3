import { setFlagsFromString } from 'node:v8'
import { createApp } from '../app.ts'
import type { Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { serve } from '../serve.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'
import { announceServer, findServer } from './running-server.ts'
import { showFaults } from './show-faults.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export interface StartOptions {
  readonly project: string
  readonly host?: string
  readonly port?: number
  readonly backfill?: boolean
}

/** Runs under way get so long to end after Ctrl+C; then they are interrupted, and resumed at the next start. */
const GRACE = 8_000

/** A server allocates little at a time: room for more garbage would only be held, some 40 MB of it. Threads take this over. */
const SMALL_YOUNG_GENERATION = ['--max-semi-space-size=2', '--min-semi-space-size=1']

/** Serves the project until it is interrupted. */
export async function start(options: StartOptions): Promise<ExitCode> {
  for (const flag of SMALL_YOUNG_GENERATION) setFlagsFromString(flag)
  const { signal, release } = interruption()
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'info', redact }),
  })
  try {
    const other = await findServer(app.project)
    if (other !== undefined)
      throw new AnomstackError(
        'CONFLICT',
        `a server of this project runs already: open ${other.url}, or stop process ${other.pid} first`,
      )
    showFaults(app.project.faults, process.stderr)
    const server = await serve(app, {
      host: options.host ?? app.project.server.host,
      port: options.port ?? app.project.server.port,
      backfill: options.backfill === true,
    })
    const withdraw = await announceServer(app.project, server.url)
    process.stdout.write(greeting(app.project, server.url))
    await untilAborted(signal)
    await withdraw()
    await server.close(GRACE)
    return 0
  } finally {
    await app.close(GRACE)
    release()
  }
}

function greeting({ batches, dir, metricsDir, faults }: Project, url: string): string {
  const paint = paintFor(process.stdout)
  const watches =
    batches.size > 0
      ? `Anomstack watches ${plural(batches.size, 'batch', 'batches')} of ${dir}`
      : `Anomstack watches nothing: ${faults.length > 0 ? 'correct the faults above' : `there is no batch in ${metricsDir}`}, then start it again`
  return `${watches}\nOpen ${paint.bold(url)}  ${paint.dim('(Ctrl+C stops)')}\n`
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type App, createApp } from '../app.ts'
import type { Logger } from '../core/logger.ts'
import type { RunRequest } from '../runs/run.ts'
import type { BackfillOptions, WantedBackfill } from './backfill-options.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { interruption } from './interruption.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'
import { createProgressBar } from './progress-bar.ts'
import { backfillThroughServer } from './remote-backfill.ts'
import { reserveOutput } from './reserved-output.ts'
import { describeRun, type RunReport, runHere } from './run-report.ts'
import { findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

const MOST_RUNS = 10_000

/** Replays the history of batches as a set of runs, one for each, queued together before the first begins; 1 when one of them failed. What a process that
 * died had queued goes on: batches of that set that are done are not replayed again. */
export async function runBackfill(options: Omit<BackfillOptions, 'preview'>): Promise<ExitCode> {
  const output = options.json === true ? reserveOutput() : undefined
  const bar = createProgressBar('backfill')
  const app = await createApp(options.project, {
    logger: (redact) => withProgress(createTerminalLogger({ least: 'warn', redact }), bar.show),
  })
  const { signal, release } = interruption()
  const reports: RunReport[] = []
  const report = (ended: RunReport) => {
    bar.clear()
    reports.push(ended)
    if (output === undefined) process.stdout.write(describeRun(ended, paintFor(process.stdout)))
  }
  try {
    const batches = chooseBatches(app.project, options.batch)
    const server = await findServer(app.project)
    if (server !== undefined) process.stderr.write(`through the server that is running, ${server.url}\n`)
    const { from, to } = options
    const params = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    const wanted = { batches, params, signal, report }
    if (server === undefined) await backfillHere(app, wanted)
    else await backfillThroughServer(server.url, { ...wanted, show: bar.show })
    const failed = reports.filter(({ run }) => run.status !== 'succeeded')
    if (output !== undefined) output.write(`${JSON.stringify(reports, null, 2)}\n`)
    else if (batches.length > 1) process.stdout.write(summary(reports, batches.length))
    return failed.length > 0 || signal.aborted ? 1 : 0
  } finally {
    release()
    await app.close(5_000)
    output?.release()
  }
}

async function backfillHere(app: App, { batches, params, signal, report }: WantedBackfill): Promise<void> {
  const group = (await unfinishedGroup(app, { batches, params })) ?? `backfill-${randomUUID()}`
  const queued: { readonly request: RunRequest; readonly idempotencyKey: string; readonly id: string }[] = []
  for (const batch of batches) {
    const request: RunRequest = { job: 'backfill', batch, trigger: 'manual', params, parent: group }
    const idempotencyKey = `${group}:${batch}`
    const { run } = await app.orchestrator.enqueue(request, { idempotencyKey })
    queued.push({ request, idempotencyKey, id: run.id })
  }
  for (const { request, idempotencyKey, id } of queued)
    if (signal.aborted) await app.orchestrator.cancel(id)
    else report(await runHere(app, request, { signal, idempotencyKey }))
}

/** The newest set with the same range of which a chosen batch is still to be done: the process that did it has died, or is doing it. */
async function unfinishedGroup(
  { control }: App,
  { batches, params }: Pick<WantedBackfill, 'batches' | 'params'>,
): Promise<string | undefined> {
  for (const status of ['running', 'queued'] as const) {
    const runs = await control.runs.list({ job: 'backfill', status, limit: MOST_RUNS })
    const open = runs.find(
      (run) =>
        run.parent?.startsWith('backfill-') === true &&
        batches.includes(run.batch ?? '') &&
        isDeepStrictEqual(run.params ?? {}, params),
    )
    if (open !== undefined) return open.parent
  }
  return undefined
}

/** A log whose reports of progress go to a bar; what else is logged in a run stands in its report. */
function withProgress(logger: Logger, show: (done: number, of: number, what: string) => void): Logger {
  return {
    log(level, message, fields) {
      if (message === 'backfill' && typeof fields?.metrics === 'number' && typeof fields.of === 'number')
        show(fields.metrics, fields.of, typeof fields.batch === 'string' ? fields.batch : '')
      else if (fields?.run === undefined) logger.log(level, message, fields)
    },
  }
}

function summary(reports: readonly RunReport[], of: number): string {
  const paint = paintFor(process.stdout)
  const failed = reports.filter(({ run }) => run.status !== 'succeeded')
  const left = of > reports.length ? `, ${of - reports.length} not started` : ''
  const outcome = failed.length === 0 ? paint.green('none failed') : paint.red(`${failed.length} failed`)
  const again =
    failed.length === 0
      ? ''
      : `\`anomstack backfill --batch ${failed.map(({ run }) => run.batch).join(' ')}\` tries again what failed\n`
  return `${plural(reports.length, 'batch', 'batches')}, ${outcome}${left}\n${again}`
}

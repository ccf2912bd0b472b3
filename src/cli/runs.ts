import { type App, createApp } from '../app.ts'
import { AnomstackError } from '../core/errors.ts'
import { formatTimestampSeconds } from '../core/timestamp.ts'
import type { JobName, Run, RunStatus } from '../runs/run.ts'
import { columns } from './columns.ts'
import type { ExitCode } from './exit.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { plural } from './plural.ts'
import { callServer } from './remote-run.ts'
import { reserveOutput } from './reserved-output.ts'
import { findServer } from './running-server.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export type RunAction = 'list' | 'retry' | 'cancel'

export interface RunsOptions {
  readonly project: string
  readonly batch?: string
  readonly job?: JobName
  readonly status?: RunStatus
  readonly limit: number
  /** Of a retry: what the run had completed is not done again. */
  readonly resume?: boolean
  readonly json?: boolean
}

/** Lists runs, the newest first, or queues some again or cancels them, through the project's server when one is running. 1 when one of them refuses. */
export async function runs(
  action: RunAction,
  ids: readonly string[],
  options: RunsOptions,
): Promise<ExitCode> {
  requireFit(action, ids, options)
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  try {
    if (action === 'list') {
      const listed = (await listRuns(app, options)).map((run) => withoutSecrets(run, app))
      if (output === undefined) process.stdout.write(describe(listed, paintFor(process.stdout)))
      else output.write(`${JSON.stringify(listed, null, 2)}\n`)
      return 0
    }
    const outcomes: Outcome[] = []
    const server = await findServer(app.project)
    for (const id of ids) outcomes.push(await act(app, id, { action, options, url: server?.url }))
    if (output === undefined) tell(outcomes, { action, served: server !== undefined })
    else output.write(`${JSON.stringify(outcomes, null, 2)}\n`)
    return outcomes.some((outcome) => 'code' in outcome) ? 1 : 0
  } finally {
    await app.close(0)
    output?.release()
  }
}

function requireFit(action: RunAction, ids: readonly string[], { resume }: RunsOptions): void {
  if (action === 'list' && ids.length > 0)
    throw new AnomstackError('INPUT_INVALID', 'a list takes no ids: use --batch, --job and --status')
  if (action !== 'list' && ids.length === 0)
    throw new AnomstackError('INPUT_INVALID', 'which run? `anomstack runs` lists their ids')
  if (action !== 'retry' && resume === true)
    throw new AnomstackError('INPUT_INVALID', '--resume goes with `anomstack runs retry`')
}

function listRuns(app: App, { batch, job, status, limit }: RunsOptions): Promise<readonly Run[]> {
  return app.control.runs.list({
    limit,
    ...(batch === undefined ? {} : { batch }),
    ...(job === undefined ? {} : { job }),
    ...(status === undefined ? {} : { status }),
  })
}

function withoutSecrets(run: Run, app: App): Run {
  return JSON.parse(JSON.stringify(run), (_key, value: unknown) =>
    typeof value === 'string' ? app.redact(value) : value,
  ) as Run
}

/** `run` is the new run of a retry. */
type Outcome =
  | { readonly id: string; readonly run?: string }
  | { readonly id: string; readonly code: string; readonly problem: string }

async function act(
  app: App,
  id: string,
  wanted: {
    readonly action: 'retry' | 'cancel'
    readonly options: RunsOptions
    readonly url: string | undefined
  },
): Promise<Outcome> {
  try {
    if ((await app.control.runs.get(id)) === undefined)
      throw new AnomstackError('NOT_FOUND', 'there is no run of this id')
    const resume = wanted.options.resume ?? false
    if (wanted.url !== undefined) {
      const where = `/api/v1/runs/${encodeURIComponent(id)}/${wanted.action}`
      const run = await callServer<Run>(wanted.url, where, wanted.action === 'retry' ? { resume } : {})
      return wanted.action === 'retry' ? { id, run: run.id } : { id }
    }
    if (wanted.action === 'retry') return { id, run: (await app.orchestrator.retry(id, { resume })).id }
    if (!(await app.orchestrator.cancel(id)))
      throw new AnomstackError('CONFLICT', 'the run has ended already')
    return { id }
  } catch (error) {
    if (!(error instanceof AnomstackError)) throw error
    return { id, code: error.code, problem: error.problem }
  }
}

function tell(
  outcomes: readonly Outcome[],
  { action, served }: { readonly action: 'retry' | 'cancel'; readonly served: boolean },
): void {
  const paint = paintFor(process.stdout)
  for (const outcome of outcomes) {
    const id = printable(outcome.id)
    if ('code' in outcome) process.stderr.write(`${id}: ${printable(outcome.problem)}\n`)
    else if (action === 'cancel') process.stdout.write(`${paint.bold(id)} is being canceled\n`)
    else process.stdout.write(`${paint.bold(id)} is queued again as ${paint.bold(outcome.run ?? '')}\n`)
  }
  if (action === 'retry' && !served && outcomes.some((outcome) => 'run' in outcome))
    process.stdout.write('No server runs here: what is queued starts when one, or a worker, does.\n')
}

const HEAD = ['id', 'job', 'batch', 'status', 'queued', 'took', 'problem']
const LONGEST_PROBLEM = 100

function describe(listed: readonly Run[], paint: Paint): string {
  if (listed.length === 0) return 'No run fits.\n'
  const rows = listed.map((run) => [
    run.id,
    paint.bold(run.job),
    printable(run.batch ?? '').replaceAll('\n', ' '),
    statusText(run.status, paint),
    formatTimestampSeconds(run.queuedAt),
    took(run),
    problemText(run),
  ])
  return `${columns([HEAD.map((title) => paint.dim(title)), ...rows])}\n${plural(listed.length, 'run')}, times in UTC\n`
}

function statusText(status: RunStatus, paint: Paint): string {
  if (status === 'succeeded') return paint.green(status)
  if (status === 'failed') return paint.red(status)
  return status === 'canceled' ? paint.dim(status) : paint.cyan(status)
}

function took({ startedAt, endedAt }: Run): string {
  if (startedAt === undefined || endedAt === undefined) return ''
  const ms = Math.max(0, endedAt - startedAt)
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

function problemText({ error }: Run): string {
  const text = printable(error?.message ?? '').replaceAll('\n', ' ')
  return text.length <= LONGEST_PROBLEM ? text : `${text.slice(0, LONGEST_PROBLEM)}…`
}

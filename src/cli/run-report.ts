import type { HorizontalAlignment } from 'cli-table3'
import type { App } from '../app.ts'
import type { Json } from '../core/json.ts'
import type { LogRecord, Run, RunRequest, Step } from '../runs/run.ts'
import { columns } from './columns.ts'
import { type Paint, printable } from './paint.ts'

/** A run that has ended, with all that was recorded of it. */
export interface RunReport {
  readonly run: Run
  readonly steps: readonly Step[]
  readonly logs: readonly LogRecord[]
}

const LOG_LIMIT = 200

/** A step that took longer than this, in ms, is told of even when it has nothing to say. */
const NOTEWORTHY = 1_000

/** Executes a run in this process; with an idempotency key that was used before, the one that was queued then. */
export async function runHere(
  app: App,
  request: RunRequest,
  options: { readonly signal: AbortSignal; readonly idempotencyKey?: string },
): Promise<RunReport> {
  const ended = await app.orchestrator.runNow(request, options)
  const { runs } = app.control
  return {
    run: ended,
    steps: await runs.steps(ended.id),
    logs: await runs.logs(ended.id, { limit: LOG_LIMIT }),
  }
}

/** A run as lines for people: its steps with durations and counts, its warnings, its error. */
export function describeRun({ run: ended, steps, logs }: RunReport, paint: Paint): string {
  const succeeded = ended.status === 'succeeded'
  const status = succeeded ? paint.green('✓') : paint.red('✗')
  const name = ended.batch === undefined ? '' : `${paint.bold(printable(ended.batch))} `
  const lines = [
    `${status} ${name}${ended.job} ${succeeded ? ended.status : paint.red(ended.status)} ${paint.dim(`in ${duration(ended)}`)}`,
  ]
  const rows = steps
    .filter((step) => tells(step) && !isWhole(step, steps))
    .map((step) => stepRow(step, ended, paint))
  if (rows.length > 0) lines.push(tableOf(rows, paint))
  for (const log of logs)
    if (log.level === 'warn') lines.push(indented(`${paint.yellow('!')} ${printable(log.message)}`))
  if (ended.error !== undefined)
    lines.push(indented(`${paint.red(ended.error.code)} ${printable(ended.error.message)}`))
  return `${lines.join('\n')}\n`
}

/** Whether a step is worth a line: what succeeded in no time and counted nothing is not. */
function tells(step: Step): boolean {
  const { status, result, startedAt, endedAt = Number.POSITIVE_INFINITY } = step
  return status !== 'succeeded' || resultText(result) !== '' || endedAt - startedAt > NOTEWORTHY
}

/** Whether other steps tell what it did. */
function isWhole({ name }: Step, steps: readonly Step[]): boolean {
  return steps.some((step) => step.name.startsWith(`${name}/`))
}

interface Row {
  readonly stage: string
  readonly step: string
  readonly time: string
  readonly outcome: string
}

function stepRow(step: Step, ended: Run, paint: Paint): Row {
  const slash = step.name.indexOf('/')
  const [stage, name] = [step.name.slice(0, Math.max(0, slash)), step.name.slice(slash + 1)]
  // The error that ended the run stands below, in full.
  const problem =
    step.error === undefined || ended.error?.message.includes(step.error.message) ? '' : step.error.message
  const failed = step.status !== 'succeeded'
  return {
    stage,
    step: printable(name),
    time: duration(step),
    outcome: failed
      ? paint.red(`✗ ${problem === '' ? 'failed' : printable(problem)}`)
      : resultText(step.result),
  }
}

function tableOf(rows: readonly Row[], paint: Paint): string {
  const staged = rows.some(({ stage }) => stage !== '')
  const align: readonly HorizontalAlignment[] = staged
    ? ['left', 'left', 'right', 'left']
    : ['left', 'right', 'left']
  return columns(
    rows.map(({ stage, step, time, outcome }, index) => {
      const shown = stage === rows[index - 1]?.stage ? '' : stage
      return [...(staged ? [shown] : []), step, paint.dim(time), outcome]
    }),
    { gap: 'left', align },
  )
}

/** `2 metrics, 50 points`; texts as `version x`. */
function resultText(result: Json | undefined): string {
  if (result === undefined || result === null) return ''
  if (typeof result !== 'object' || Array.isArray(result)) return printable(JSON.stringify(result))
  return Object.entries(result)
    .map(([key, value]) => {
      if (typeof value === 'number') return `${value} ${value === 1 ? key.replace(/s$/, '') : key}`
      return `${key} ${printable(typeof value === 'string' ? value : JSON.stringify(value))}`
    })
    .join(', ')
}

function indented(text: string): string {
  return `  ${text.trim().replaceAll('\n', '\n    ')}`.replace(/ +$/gm, '')
}

function duration({ startedAt, endedAt }: Pick<Run, 'startedAt' | 'endedAt'>): string {
  if (startedAt === undefined || endedAt === undefined) return '-'
  const ms = Math.max(0, endedAt - startedAt)
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

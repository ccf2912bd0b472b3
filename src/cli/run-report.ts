import type { App } from '../app.ts'
import type { LogRecord, Run, RunRequest, Step } from '../runs/run.ts'

/** A run that has ended, with all that was recorded of it. */
export interface RunReport {
  readonly run: Run
  readonly steps: readonly Step[]
  readonly logs: readonly LogRecord[]
}

const LOG_LIMIT = 200

/** Executes a run in this process. */
export async function runHere(app: App, request: RunRequest, signal: AbortSignal): Promise<RunReport> {
  const ended = await app.orchestrator.runNow(request, { signal })
  const { runs } = app.control
  return {
    run: ended,
    steps: await runs.steps(ended.id),
    logs: await runs.logs(ended.id, { limit: LOG_LIMIT }),
  }
}

/** A run as lines for people: its steps with durations and counts, its warnings, its error. */
export function describeRun({ run: ended, steps, logs }: RunReport): string {
  const lines = [
    `${ended.job} ${ended.batch ?? ''}: ${ended.status} in ${duration(ended.startedAt, ended.endedAt)}`,
  ]
  for (const step of steps) {
    const result = step.result === undefined || step.result === null ? '' : JSON.stringify(step.result)
    lines.push(
      `  ${step.status === 'failed' ? '✗' : '✓'} ${step.name.padEnd(24)} ${duration(step.startedAt, step.endedAt).padStart(8)}  ${step.error?.message ?? result}`,
    )
  }
  for (const log of logs) if (log.level === 'warn') lines.push(`  ! ${log.message}`)
  if (ended.error !== undefined) lines.push(`  ${ended.error.code}: ${ended.error.message}`)
  return `${lines.join('\n')}\n`
}

function duration(from: number | undefined, to: number | undefined): string {
  if (from === undefined || to === undefined) return '-'
  return to - from < 10_000 ? `${Math.round(to - from)} ms` : `${((to - from) / 1000).toFixed(1)} s`
}

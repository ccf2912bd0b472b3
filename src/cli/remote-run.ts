import { systemClock } from '../core/clock.ts'
import { AnomstackError, type ErrorCode } from '../core/errors.ts'
import type { LogRecord, Run, RunRequest, Step } from '../runs/run.ts'
import type { RunReport } from './run-report.ts'

const POLL = 300

/** Has a running server do the run, and waits for its end; an interruption cancels the run. */
export async function runThroughServer(
  url: string,
  request: RunRequest,
  signal: AbortSignal,
): Promise<RunReport> {
  const { job, batch, params } = request
  const started = await callServer<{ id: string }>(url, '/api/v1/runs', { job, batch, params })
  const where = `/api/v1/runs/${encodeURIComponent(started.id)}`
  let canceled = false
  for (;;) {
    const report = await reportOf(url, started.id)
    if (report.run.status !== 'queued' && report.run.status !== 'running') return report
    if (signal.aborted && !canceled) {
      canceled = true
      await callServer(url, `${where}/cancel`, {})
    }
    await systemClock.sleep(POLL, canceled ? undefined : signal)
  }
}

/** A run of the server as it is now. */
export async function reportOf(url: string, id: string): Promise<RunReport> {
  const found = await callServer<
    Run & { readonly steps: readonly Step[]; readonly logs: readonly LogRecord[] }
  >(url, `/api/v1/runs/${encodeURIComponent(id)}`)
  return { run: found, steps: found.steps, logs: found.logs }
}

/** Asks the server's API, with POST when there is a body. Throws what the server answers with, as an error of ours. */
export async function callServer<Answer>(url: string, where: string, body?: unknown): Promise<Answer> {
  const response = await fetch(new URL(where, url), {
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Answer & { readonly code?: ErrorCode; readonly detail?: string }
  if (!response.ok)
    throw new AnomstackError(
      answer.code ?? 'INPUT_INVALID',
      answer.code === 'NOT_FOUND'
        ? `${answer.detail ?? 'not found'}; the server knows the project as it was when it started: restart it`
        : (answer.detail ?? `the server answered ${response.status}`),
    )
  return answer
}

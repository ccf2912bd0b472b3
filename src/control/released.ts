import type { RunError } from '../runs/run.ts'
import { jsonText } from './run-rows.ts'
import type { RunRow } from './schema.ts'

/** Ends or re-queues a run that lost its executor: what was asked to be canceled is not started again. */
export function released(row: Pick<RunRow, 'cancel_requested'>, now: number) {
  if (row.cancel_requested === 0) return { status: 'queued', executor: null, started_at: null }
  const error: RunError = { code: 'CANCELED', message: 'canceled on request' }
  return { status: 'canceled', executor: null, ended_at: now, error: jsonText(error) }
}

import { AnomstackError } from '../core/errors.ts'
import type { Run } from '../runs/run.ts'

/** How often, and how soon, runs of a batch are tried again. */
export interface RetryPolicy {
  readonly retries: number
  /** After the first failure; twice as long after each further one. */
  readonly delayMs: number
}

const LONGEST_DELAY_MS = 3_600_000

/** After how many ms a run that has just failed is tried again; undefined for never: the failure will last, or it has been tried often enough. */
export function retryDelay(run: Run, error: unknown, { retries, delayMs }: RetryPolicy): number | undefined {
  const failures = run.failures ?? 0
  if (failures >= retries || !(error instanceof AnomstackError) || !error.retryable) return undefined
  return Math.min(LONGEST_DELAY_MS, delayMs * 2 ** failures)
}

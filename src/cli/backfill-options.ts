import type { RunReport } from './run-report.ts'

export interface BackfillOptions {
  readonly project: string
  readonly batch?: readonly string[]
  /** UTC epoch ms. */
  readonly from?: number
  readonly to?: number
  /** Says what would be replayed, and writes nothing. */
  readonly preview?: boolean
  readonly json?: boolean
}

/** What is asked for, and what becomes of it. */
export interface WantedBackfill {
  readonly batches: readonly string[]
  readonly params: { readonly from?: number; readonly to?: number }
  readonly signal: AbortSignal
  /** Called with each run when it has ended. */
  readonly report: (ended: RunReport) => void
}

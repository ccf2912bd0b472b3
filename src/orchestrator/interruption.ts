import { AnomstackError } from '../core/errors.ts'
import type { Run } from '../runs/run.ts'

/** Why a run was stopped from outside. */
export type InterruptionKind = 'canceled' | 'timed-out' | 'stopping'

/** Stops one run, once: the first reason counts. */
export interface Interruption {
  readonly signal: AbortSignal
  readonly kind: () => InterruptionKind | undefined
  interrupt(kind: InterruptionKind): void
}

/** Makes the switch that stops a run; the signal's reason is the error that the run then ends with. */
export function createInterruption(run: Run, maxRuntimeMs: number): Interruption {
  const controller = new AbortController()
  let reason: InterruptionKind | undefined
  return {
    signal: controller.signal,
    kind: () => reason,
    interrupt(kind) {
      if (reason !== undefined) return
      reason = kind
      controller.abort(errorOf(kind, run, maxRuntimeMs))
    },
  }
}

function errorOf(kind: InterruptionKind, run: Run, maxRuntimeMs: number): AnomstackError {
  const at = run.batch === undefined ? {} : { batch: run.batch }
  switch (kind) {
    case 'canceled':
      return new AnomstackError('CANCELED', `${run.job} was canceled on request`, { at })
    case 'timed-out':
      return new AnomstackError(
        'TIMED_OUT',
        `${run.job} was stopped because it ran longer than ${maxRuntimeMs / 1000} s`,
        { at },
      )
    case 'stopping':
      return new AnomstackError(
        'CANCELED',
        `${run.job} was interrupted because the process stops; it starts again`,
        { at },
      )
  }
}

import { AnomstackError, type ErrorPlace, locate, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'

/** Keeps what failed in one part of a job from stopping the others, and fails the job at its end. */
export interface Failures {
  /** Runs a part; its failure is logged and kept. Once the run itself is to end, the error is thrown on. */
  attempt(at: ErrorPlace, part: () => Promise<void>): Promise<void>
  add(at: ErrorPlace, error: unknown): void
  /** Throws the failure, or one that names them all; nothing when there was none. */
  throwIfAny(): void
}

const SHOWN = 5

export function collectFailures(logger: Logger, signal: AbortSignal): Failures {
  const failures: AnomstackError[] = []
  const add = (at: ErrorPlace, error: unknown) => {
    const failure = locate(error, at, 'JOB_FAILED')
    failures.push(failure)
    logger.log('error', failure.message, { code: failure.code })
  }
  return {
    add,
    async attempt(at, part) {
      try {
        await part()
      } catch (error) {
        if (signal.aborted) throw error
        add(at, error)
      }
    },
    throwIfAny() {
      const [first] = failures
      if (first === undefined) return
      if (failures.length === 1) throw first
      const shown = failures.slice(0, SHOWN).map(messageOf)
      const more = failures.length > SHOWN ? [`and ${failures.length - SHOWN} more`] : []
      throw new AnomstackError(
        'JOB_FAILED',
        `${failures.length} parts failed: ${[...shown, ...more].join('; ')}`,
        {
          cause: new AggregateError(failures),
          retryable: failures.some((failure) => failure.retryable),
        },
      )
    },
  }
}

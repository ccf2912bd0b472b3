import { AnomstackError, messageOf } from '../core/errors.ts'
import type { RunError } from './run.ts'

const LONGEST_MESSAGE = 4_000
const LONGEST_STACK = 8_000
const DEEPEST_CAUSE = 5

/** Users' functions may throw what cannot even be shown. */
function textOf(error: unknown): string {
  try {
    return String(messageOf(error))
  } catch {
    return 'something was thrown that has no text'
  }
}

function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const stacks: string[] = []
  let cause: unknown = error
  while (cause instanceof Error && stacks.length < DEEPEST_CAUSE) {
    stacks.push(String(cause.stack ?? cause.name))
    cause = cause.cause
  }
  return stacks.join('\nCaused by: ')
}

/** What a run or a step records of anything that was thrown: code, message and stack with its causes, redacted and of bounded length. */
export function runErrorOf(error: unknown, redact: (text: string) => string): RunError {
  const stack = stackOf(error)
  return {
    code: error instanceof AnomstackError ? error.code : 'JOB_FAILED',
    message: redact(textOf(error)).slice(0, LONGEST_MESSAGE),
    ...(stack === undefined ? {} : { stack: redact(stack).slice(0, LONGEST_STACK) }),
  }
}

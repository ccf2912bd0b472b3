import { AnomstackError } from '../core/errors.ts'

/** 0 ok, 1 failed, 2 wrong use. */
export type ExitCode = 0 | 1 | 2

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof AnomstackError && error.code === 'INPUT_INVALID' ? 2 : 1
}

import type { FunctionLanguage } from '../config/function-language.ts'
import type { UserCode } from '../functions/function-runner.ts'
import type { JobContext } from './job.ts'

/** A function of the batch, ready to be called. */
export function userCode(
  { batch, projectDir }: Pick<JobContext, 'batch' | 'projectDir'>,
  {
    language,
    text,
    file,
  }: {
    readonly language: FunctionLanguage
    /** Rendered. */
    readonly text: string
    /** Absolute. */
    readonly file: string
  },
): UserCode {
  return language === 'python'
    ? { language, text, file, batch: batch.name, python: batch.settings.python, folder: projectDir }
    : { language, text, file }
}

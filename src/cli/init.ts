import { cp, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { confirm, isCancel } from '@clack/prompts'
import { AnomstackError } from '../core/errors.ts'
import type { ExitCode } from './exit.ts'

const starter = fileURLToPath(new URL('../../examples/starter', import.meta.url))

/** Writes the starter project into a folder. Existing files are never changed; a folder that holds any needs a yes or `--force`. */
export async function init(dir: string, options: { readonly force?: boolean }): Promise<ExitCode> {
  const target = path.resolve(dir)
  await mkdir(target, { recursive: true })
  const present = (await readdir(target)).filter((name) => name !== '.git')
  if (present.length > 0 && options.force !== true && !(await agreed(target))) return 1
  await cp(starter, target, { recursive: true, force: false, errorOnExist: false })
  process.stdout.write(
    `A starter project is in ${target}. Next:\n\n${path.relative(process.cwd(), target) === '' ? '' : `  cd ${dir}\n`}  anomstack validate\n  anomstack start --backfill\n`,
  )
  return 0
}

async function agreed(target: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new AnomstackError(
      'INPUT_INVALID',
      `${target} is not empty; use --force to add the starter's files beside those that are there`,
    )
  const answer = await confirm({
    message: `${target} is not empty. Add the starter's files? Files that exist are kept.`,
  })
  return !isCancel(answer) && answer
}

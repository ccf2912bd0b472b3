import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { confirm, isCancel } from '@clack/prompts'
import { AnomstackError } from '../core/errors.ts'
import type { ExitCode } from './exit.ts'
import { fileProblem } from './file-problem.ts'
import { paintFor } from './paint.ts'

const starter = fileURLToPath(new URL('../../examples/starter', import.meta.url))

/** npm leaves files of this name out of packages, so it is written from here. */
const GITIGNORE = `# Secrets
.env

# Data and models, which Anomstack writes
tmpdata/
.anomstack/
models/

node_modules/
`

/** Writes the starter project into a folder. Existing files are never changed; a folder that holds any needs a yes or `--force`. */
export async function init(dir: string, options: { readonly force?: boolean }): Promise<ExitCode> {
  const target = path.resolve(dir)
  const present = await folderEntries(target)
  if (present.length > 0 && options.force !== true && !(await agreed(target))) return 1
  const ignoring = await writeStarter(target, { batches: true })
  process.stdout.write(nextSteps(target, ignoring))
  return 0
}

/** Copies the starter's files, with its batches or without; files that are there stay as they are. Returns whether the `.gitignore` is ours. */
export async function writeStarter(
  target: string,
  { batches }: { readonly batches: boolean },
): Promise<boolean> {
  await folderEntries(target)
  await cp(starter, target, {
    recursive: true,
    force: false,
    errorOnExist: false,
    filter: (source) => batches || !['metrics', 'README.md'].includes(path.relative(starter, source)),
  })
  return writeNew(path.join(target, '.gitignore'), GITIGNORE)
}

/** What is in the folder, which is made if need be. Throws `INPUT_INVALID` when it cannot be. */
async function folderEntries(target: string): Promise<readonly string[]> {
  try {
    await mkdir(target, { recursive: true })
    return (await readdir(target)).filter((name) => name !== '.git')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const problem = code === 'EEXIST' ? 'there is a file of that name' : fileProblem(error)
    throw new AnomstackError('INPUT_INVALID', `${target} cannot be made: ${problem}`)
  }
}

async function writeNew(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function nextSteps(target: string, ignoring: boolean): string {
  const paint = paintFor(process.stdout)
  const folder = path.relative(process.cwd(), target)
  const commands: [string, string][] = [
    ...(folder === '' ? [] : ([[`cd ${shellWord(folder)}`, '']] satisfies [string, string][])),
    ['npx anomstack validate', 'says what is wrong in the files'],
    ['npx anomstack start --backfill', 'goes through the past, then watches'],
    ['npx anomstack example ls', 'lists more batches to begin with'],
  ]
  const width = Math.max(...commands.map(([command]) => command.length))
  const lines = commands.map(([command, meaning]) =>
    `  ${paint.bold(command.padEnd(width))}  ${paint.dim(meaning)}`.trimEnd(),
  )
  return [
    `A starter project is in ${target}. Next:`,
    '',
    ...lines,
    '',
    ...(ignoring
      ? []
      : ['Your .gitignore was kept: see that it names .env, tmpdata/, .anomstack/ and models/.', '']),
  ].join('\n')
}

/** A word that shells take as one. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
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

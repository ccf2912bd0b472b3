import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { messageOf } from '../core/errors.ts'
import type { Report } from './faults.ts'

const YAML = /\.ya?ml$/i
const NOT_A_BATCH = /^(?:defaults|anomstack)\.ya?ml$/i

/** A path as faults and batches name it: from the project's folder, with slashes. */
export function projectPath(dir: string, path: string): string {
  return relative(dir, path).split(sep).join('/')
}

/** Whether there is such a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (entry.isFile()) return true
  // Files mounted from a Kubernetes ConfigMap are links.
  return (
    entry.isSymbolicLink() &&
    (await stat(path).then(
      (found) => found.isFile(),
      () => true,
    ))
  )
}

/** Absolute paths of the batch files below the metrics folder, in order. Examples are those in a folder below `examples`. */
export async function findBatchFiles(
  metricsDir: string,
  options: { readonly ignoreExamples: boolean; readonly dir: string; readonly report: Report },
): Promise<readonly string[]> {
  const found: string[] = []
  const examples = join(metricsDir, 'examples') + sep

  async function visit(folder: string): Promise<void> {
    if (options.ignoreExamples && (folder + sep).startsWith(examples) && folder + sep !== examples) return
    let entries: Dirent[]
    try {
      entries = await readdir(folder, { withFileTypes: true })
    } catch (error) {
      options.report(
        { file: projectPath(options.dir, folder) },
        { message: `the folder cannot be read: ${messageOf(error)}` },
      )
      return
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) await visit(path)
      else if (YAML.test(entry.name) && !NOT_A_BATCH.test(entry.name) && (await isFile(entry, path)))
        found.push(path)
    }
  }

  await visit(metricsDir)
  return found.sort()
}

/** A text file; undefined, with a report, when it cannot be read or is not UTF-8. With `optional`, an absent file is no fault. */
export async function readTextFile(
  path: string,
  options: { readonly dir: string; readonly report: Report; readonly optional?: boolean },
): Promise<string | undefined> {
  const file = projectPath(options.dir, path)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!(absent && options.optional === true))
      options.report(
        { file },
        {
          message:
            error instanceof TypeError
              ? 'the file is not UTF-8 text'
              : `the file cannot be read: ${messageOf(error)}`,
        },
      )
    return undefined
  }
}

import { cp, lstat, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { AnomstackError } from '../core/errors.ts'
import { type Example, LIBRARY_DIR } from './example-library.ts'
import { fileProblem, isFileError } from './file-problem.ts'

export interface AddedExample {
  /** Absolute. */
  readonly written: readonly string[]
  /** Absolute paths of shared files that were there and say something else than ours; they were left as they are. */
  readonly kept: readonly string[]
}

/**
 * Copies an example to `examples/<name>` of a metrics folder, and what it shares with others to `examples/shared`. Nothing that is there is ever
 * changed, and the example's folder comes as a whole or not at all, also when two do this at once. Throws `INPUT_INVALID` when the folder is
 * taken or cannot be written.
 */
export async function addExample(example: Example, metricsDir: string): Promise<AddedExample> {
  const parent = path.join(metricsDir, 'examples')
  const target = path.join(parent, example.name)
  try {
    await mkdir(parent, { recursive: true })
    if (await exists(target)) throw taken(target)
    const shared = await addShared(example, parent)
    await copyWhole(path.join(LIBRARY_DIR, example.name), target)
    return {
      ...shared,
      written: [...shared.written, ...example.files.map((file) => path.join(target, file))],
    }
  } catch (error) {
    if (!isFileError(error)) throw error
    throw new AnomstackError('INPUT_INVALID', `${target} cannot be written: ${fileProblem(error)}`, {
      cause: error,
    })
  }
}

/** Made beside the target under a hidden name, which no program looks into, and then renamed. */
async function copyWhole(source: string, target: string): Promise<void> {
  const copy = await mkdtemp(path.join(path.dirname(target), `.${path.basename(target)}-`))
  try {
    await cp(source, path.join(copy, 'new'), { recursive: true })
    await rename(path.join(copy, 'new'), target)
  } catch (error) {
    // Somebody else was faster: a folder that holds something is not replaced.
    throw (await exists(target)) ? taken(target) : error
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function addShared(example: Example, parent: string): Promise<AddedExample> {
  const written: string[] = []
  const kept: string[] = []
  for (const name of await sharedFiles(example)) {
    await mkdir(path.join(parent, 'shared'), { recursive: true })
    const file = path.join(parent, 'shared', name)
    const text = await readFile(path.join(LIBRARY_DIR, 'shared', name), 'utf8')
    try {
      await writeFile(file, text, { flag: 'wx' })
      written.push(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if ((await readFile(file, 'utf8')) !== text) kept.push(file)
    }
  }
  return { written, kept }
}

/** Names of the shared files that an example's files mention, and that those mention. */
async function sharedFiles(example: Example): Promise<readonly string[]> {
  const found = new Set<string>()
  const look = async (file: string, mention: RegExp): Promise<void> => {
    const text = await readFile(path.join(LIBRARY_DIR, file), 'utf8')
    for (const [, name = ''] of text.matchAll(mention)) {
      if (found.has(name)) continue
      found.add(name)
      await look(path.join('shared', name), /'\.\/([\w-]+\.ts)'/g)
    }
  }
  for (const file of example.files) await look(path.join(example.name, file), /\/shared\/([\w-]+\.\w+)/g)
  return [...found].sort()
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  )
}

function taken(target: string): AnomstackError {
  return new AnomstackError('INPUT_INVALID', `${target} is there already; it was left as it is`)
}

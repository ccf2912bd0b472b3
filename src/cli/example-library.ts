import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

/** Folder of the library: one folder for each example, and `shared` for what several of them use. */
export const LIBRARY_DIR = fileURLToPath(new URL('../../examples/library', import.meta.url))

const notes = z.record(z.string(), z.string()).default({})

/** What stands above the text of an example's README. */
const frontMatter = z.strictObject({
  title: z.string(),
  /** One sentence. */
  watches: z.string(),
  /** Hosts that it asks. */
  network: z.string().optional(),
  /** Kinds of databases that its query is written for; any when there are none. */
  databases: z.array(z.string()).default([]),
  /** Where it keeps models, when that is not up to the project. */
  storage: z.string().optional(),
  /** Environment variable that must be set -> to what. */
  variables: notes,
  /** Environment variable that may be set -> to what. */
  optional: notes,
  /** Key of the batch file that must be changed -> to what. */
  settings: notes,
})

/** An example batch of the library, with all that it needs to run. */
export interface Example extends z.output<typeof frontMatter> {
  /** Of its folder and its batch. */
  readonly name: string
  /** Whether its function is Python. */
  readonly python: boolean
  /** Names of the files in its folder, in order. */
  readonly files: readonly string[]
}

const README = /^---\n(.*?)\n---\n/s

/** Every example, by name in order. */
export async function readExampleLibrary(): Promise<readonly Example[]> {
  const entries = await readdir(LIBRARY_DIR, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  const examples = await Promise.all(names.map(({ name }) => readExample(name)))
  return examples.sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function readExample(name: string): Promise<Example> {
  const dir = path.join(LIBRARY_DIR, name)
  const readme = (await readFile(path.join(dir, 'README.md'), 'utf8')).replaceAll('\r\n', '\n')
  const files = (await readdir(dir)).sort()
  return {
    name,
    files,
    python: files.some((file) => file.endsWith('.py')),
    ...frontMatter.parse(parse(README.exec(readme)?.[1] ?? '')),
  }
}

/** What an example needs beside the project as it is, in few words; empty when that is nothing. */
export function needsOf(example: Example): readonly string[] {
  const { databases, storage, network, variables, python } = example
  return [
    ...(databases.length === 0 ? [] : [databases.join(' or ')]),
    ...(storage === undefined ? [] : [storage]),
    ...(network === undefined ? [] : ['network']),
    ...(Object.keys(variables).length === 0 ? [] : ['key']),
    ...(python ? ['python3'] : []),
  ]
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { messageOf } from '../core/errors.ts'
import { batchFile } from './batch-keys.ts'
import { nearest, type Report } from './faults.ts'
import { type Entry, environmentEntry, type Layer } from './layers.ts'
import { readYamlValue } from './yaml-file.ts'

/** Variables by name. One that is empty counts as not set, since that is how `.env` files leave things out. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The variable's value, unless it is not set or empty. */
export function variable(variables: Variables, name: string): string | undefined {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined
  return value === '' ? undefined : value
}

/** The environment over the project's `.env` file. */
export async function readEnvironment(
  dir: string,
  environment: Variables,
  report: Report,
): Promise<Variables> {
  try {
    return { ...parseEnv((await readFile(join(dir, '.env'), 'utf8')).replace(/^\uFEFF/, '')), ...environment }
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!absent) report({ file: '.env' }, { message: `cannot be read: ${messageOf(error)}` })
    return environment
  }
}

const GLOBAL = {
  ANOMSTACK_GCP_PROJECT_ID: 'gcp_project_id',
  ANOMSTACK_MODEL_PATH: 'model_path',
  ANOMSTACK_PYTHON: 'python',
  ANOMSTACK_TABLE_KEY: 'table_key',
} as const

/** Those that a batch file may set against the environment. */
const KEPT: readonly string[] = ['table_key', 'python']

/** Overrides for every batch. A batch file that sets `table_key` or `python` keeps it. */
export function globalOverrides(variables: Variables, fileLayer: Layer): Layer {
  const layer = new Map<string, Entry>()
  for (const [name, key] of Object.entries(GLOBAL)) {
    const value = variable(variables, name)
    if (value !== undefined && !(KEPT.includes(key) && fileLayer.has(key)))
      layer.set(key, environmentEntry(name, value))
  }
  return layer
}

const PREFIX = 'ANOMSTACK__'

function prefixOf(batch: string): string {
  return `${PREFIX}${batch.toUpperCase().replaceAll('-', '_')}__`
}

/** The variable that overrides a key of a batch. */
export function overrideName(batch: string, key: string): string {
  return prefixOf(batch) + key.toUpperCase()
}

/** What YAML makes of the text, unless the key wants text and YAML finds something else in it. */
function overrideValue(key: string, text: string): unknown {
  const value = readYamlValue(text)
  const schema = Object.hasOwn(batchFile.shape, key)
    ? batchFile.shape[key as keyof typeof batchFile.shape]
    : undefined
  return schema !== undefined && !schema.safeParse(value).success && schema.safeParse(text).success
    ? text
    : value
}

/** Overrides of single batches, `ANOMSTACK__<BATCH>__<KEY>`, by batch. Of batches named `a` and `a__b` the longer name gets what fits both. */
export function batchOverrides(
  variables: Variables,
  batches: readonly string[],
  report: Report,
): ReadonlyMap<string, Layer> {
  const layers = new Map(batches.map((batch) => [batch, new Map<string, Entry>()]))
  const longestFirst = [...new Set(batches)].sort((a, b) => b.length - a.length)
  for (const name of Object.keys(variables).sort()) {
    const text = variable(variables, name)
    if (!name.startsWith(PREFIX) || text === undefined) continue
    const matching = longestFirst.filter(
      (batch) => name.startsWith(prefixOf(batch)) && name.length > prefixOf(batch).length,
    )
    const first = matching[0]
    if (first === undefined) {
      const meant = nearest(name.slice(PREFIX.length).split('__')[0] ?? '', batches)
      report(
        { file: name },
        {
          severity: 'warning',
          message: 'no batch has this name',
          suggestion: meant && `${prefixOf(meant)}…`,
        },
      )
      continue
    }
    const key = name.slice(prefixOf(first).length).toLowerCase()
    const entry = environmentEntry(name, overrideValue(key, text))
    // `a-b` and `a_b` share their variables.
    for (const batch of matching) if (prefixOf(batch) === prefixOf(first)) layers.get(batch)?.set(key, entry)
  }
  return layers
}

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export interface ExampleBatch {
  /** Absolute. */
  readonly file: string
  readonly keys: Readonly<Record<string, unknown>>
  /** Absolute path of its function, when it has one. */
  readonly functionFile?: string
}

/** Absolute path of a file of `examples/`. */
export function examplePath(...parts: readonly string[]): string {
  return join(fileURLToPath(new URL('../../examples', import.meta.url)), ...parts)
}

/** A batch file of an example with its project's defaults merged in, as text says it. */
export function exampleBatch(project: string, name: string): ExampleBatch {
  const file = examplePath(project, 'metrics', `${name}.yaml`)
  const defaults = parse(
    readFileSync(examplePath(project, 'metrics/defaults/defaults.yaml'), 'utf8'),
  ) as Record<string, unknown>
  const keys = parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const included = /include "\.\/(.+?)"/.exec(String(keys.ingest_fn))?.[1]
  const named = Array.isArray(keys.metrics) ? `${String(keys.metrics[0])}.ts` : undefined
  const own = included ?? named
  return {
    file,
    keys: { ...defaults, ...keys },
    ...(own === undefined ? {} : { functionFile: join(dirname(file), own) }),
  }
}

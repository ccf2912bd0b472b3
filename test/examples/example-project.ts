import { readFileSync } from 'node:fs'
import path from 'node:path'
import { addExample } from '../../src/cli/add-example.ts'
import { type Example, readExampleLibrary } from '../../src/cli/example-library.ts'
import type { Run } from '../../src/runs/run.ts'
import { createProject, openApp } from '../project.ts'
import { examplePath } from './example-batch.ts'

export const library: readonly Example[] = await readExampleLibrary()

/** Text of a file of an example. */
export const fileText = (name: string, file: string): string =>
  readFileSync(examplePath('library', name, file), 'utf8')

function exampleNamed(name: string): Example {
  const found = library.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no example ${name}`)
  return found
}

/** A project with these examples, as the command adds them, and these files. */
export async function projectWith(
  names: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const dir = await createProject({
    'metrics/defaults/defaults.yaml': 'db: sqlite\nalert_methods: console\n',
    ...files,
  })
  for (const name of names) await addExample(exampleNamed(name), path.join(dir, 'metrics'))
  return dir
}

export interface Ingested {
  readonly run: Run & { readonly logs: readonly string[] }
  /** metric -> points, in the order of time. */
  readonly metrics: Readonly<Record<string, readonly { readonly time: string; readonly value: number }[]>>
}

/** Opens the program on a project; each call runs the ingest job of the batch, and reads what is in its metrics table. */
export async function openExample(dir: string, name: string): Promise<() => Promise<Ingested>> {
  const { app, run } = await openApp(dir)
  const batch = app.project.batches.get(name)
  if (batch === undefined) throw new Error(`no batch ${name}: ${JSON.stringify(app.project.faults)}`)
  return async () => {
    const ended = await run('ingest', name, Date.now())
    const table = app.database(batch).metricsTable(batch.settings.table_key)
    const history = await table.history({ batch: name, types: ['metric'] })
    const metrics = [...history].map(([metric, byType]) => {
      const { timestamps = [], values = [] } = byType.get('metric') ?? {}
      const points = Array.from(timestamps, (time, index) => ({
        time: new Date(time).toISOString(),
        value: values[index] ?? Number.NaN,
      }))
      return [metric, points] as const
    })
    return { run: ended, metrics: Object.fromEntries(metrics) }
  }
}

/** The same for one run. */
export async function ingest(dir: string, name: string): Promise<Ingested> {
  return (await openExample(dir, name))()
}

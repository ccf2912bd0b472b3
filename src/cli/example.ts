import path from 'node:path'
import { catalogs } from '../catalogs.ts'
import { readEnvironment, type Variables, variable } from '../config/environment.ts'
import { nearest } from '../config/faults.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { type AddedExample, addExample } from './add-example.ts'
import { type Example, needsOf, readExampleLibrary } from './example-library.ts'
import type { ExitCode } from './exit.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { showFaults } from './show-faults.ts'

export type ExampleAction = 'ls' | 'add'

interface ExampleOptions {
  readonly project: string
  readonly json?: boolean
}

/** Lists the examples of the library, or copies one into the project's metrics folder and says what to set. */
export async function example(
  action: ExampleAction,
  name: string | undefined,
  options: ExampleOptions,
): Promise<ExitCode> {
  const library = await readExampleLibrary()
  if (action === 'add') return add(choose(library, name), options)
  if (name !== undefined)
    throw new AnomstackError('INPUT_INVALID', 'ls lists all examples; add takes the name of one')
  if (options.json === true) process.stdout.write(`${JSON.stringify(library.map(listed), null, 2)}\n`)
  else process.stdout.write(describe(library, paintFor(process.stdout)))
  return 0
}

function choose(library: readonly Example[], name: string | undefined): Example {
  const known = library.map((each) => each.name)
  const found = library.find((each) => each.name === name)
  if (found !== undefined) return found
  if (name === undefined)
    throw new AnomstackError('INPUT_INVALID', 'which example? `anomstack example ls` lists them')
  const near = nearest(name, known)
  throw new AnomstackError(
    'INPUT_INVALID',
    `there is no example "${printable(name).slice(0, 100)}"; ${near === undefined ? '`anomstack example ls` lists them' : `did you mean "${near}"?`}`,
  )
}

async function add(chosen: Example, options: ExampleOptions): Promise<ExitCode> {
  const { name } = chosen
  const before = await loadProject(options.project, catalogs, processEnvironment())
  const same = before.batches.get(name)
  if (same !== undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `the project has a batch "${name}" already, in ${same.file}; nothing was written`,
    )
  const added = await addExample(chosen, before.metricsDir)
  const project = await loadProject(options.project, catalogs, processEnvironment())
  const environment = await readEnvironment(project.dir, processEnvironment(), () => {})
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ ...listed(chosen), ...added }, null, 2)}\n`)
  else process.stdout.write(nextSteps(chosen, added, { project, environment }))
  showFaults(
    project.faults.filter(({ batch }) => batch === name),
    process.stderr,
  )
  return 0
}

function listed(each: Example): Example & { readonly needs: readonly string[] } {
  return { ...each, needs: needsOf(each) }
}

function describe(library: readonly Example[], paint: Paint): string {
  const rows = library.map((each) => [each.name, needsOf(each).join(', ') || '–', each.watches] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map(
    ([name, needs, watches]) =>
      `${paint.bold(name.padEnd(widths[0]!))}  ${paint.dim(needs.padEnd(widths[1]!))}  ${watches}`,
  )
  return [...lines, '', '`anomstack example add NAME` copies one into the metrics folder.', ''].join('\n')
}

function nextSteps(
  chosen: Example,
  { written, kept }: AddedExample,
  { project, environment }: { readonly project: Project; readonly environment: Variables },
): string {
  const paint = paintFor(process.stdout)
  const shown = (file: string) => path.relative(project.dir, file).replaceAll(path.sep, '/')
  const batchFile = shown(path.join(project.metricsDir, 'examples', chosen.name, `${chosen.name}.yaml`))
  const open = (entries: Readonly<Record<string, string>>) =>
    Object.entries(entries).filter(([name]) => variable(environment, name) === undefined)
  const steps = [
    ...Object.entries(chosen.settings).map(([key, what]) => `set ${key} in ${batchFile}: ${what}`),
    ...open(chosen.variables).map(([name, what]) => `set ${name}, in the environment or in .env: ${what}`),
    ...(chosen.python ? ['have python3 on the path'] : []),
    ...(chosen.databases.length > 0 && chosen.settings.table_key === undefined
      ? [`run it on ${chosen.databases.join(' or ')}: its query is written for these`]
      : []),
    ...open(chosen.optional).map(([name, what]) => `if you like, set ${name}: ${what}`),
  ]
  return [
    `Added ${paint.bold(chosen.name)}: ${chosen.watches}`,
    ...written.map((file) => `  ${shown(file)}`),
    ...kept.map((file) => `  ${shown(file)} ${paint.dim('was there, with another text; it was kept')}`),
    '',
    ...(steps.length === 0 ? [] : ['What to do:', ...steps.map((step) => `  - ${step}`), '']),
    `Try it: ${paint.bold(`npx anomstack run ingest --batch ${chosen.name}`)}`,
    '',
  ].join('\n')
}

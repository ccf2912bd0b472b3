import { mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { confirm, isCancel, multiselect } from '@clack/prompts'
import { catalogs } from '../catalogs.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import { AnomstackError } from '../core/errors.ts'
import { backfill } from './backfill.ts'
import type { ExitCode } from './exit.ts'
import { writeStarter } from './init.ts'
import { paintFor, printable } from './paint.ts'
import { plural } from './plural.ts'
import { type Profile, profileTables } from './profile-tables.ts'
import { run } from './run.ts'
import { showFaults } from './show-faults.ts'
import { sourceConnection } from './source-connection.ts'
import { type BatchSource, batchName, tableBatch, type WatchedTable } from './table-batches.ts'

export interface InitFromOptions {
  /** A connection of the project, an address, or a file. */
  readonly from: string
  /** Every table, and the backfill too, without a question. */
  readonly yes?: boolean
}

/** Writes a batch for each table of a database that has a time, and goes through their past if that is wanted. 1 when a run of it failed. */
export async function initFrom(dir: string, { from, yes = false }: InitFromOptions): Promise<ExitCode> {
  const asks = process.stdin.isTTY === true && process.stdout.isTTY === true
  if (!yes && !asks)
    throw new AnomstackError('INPUT_INVALID', 'which tables? Away from a terminal, --yes takes all of them')
  const target = path.resolve(dir)
  await makeProject(target)
  const connection = await sourceConnection(target, from)
  const { source, profile } = await look(target, connection)
  showPassedOver(profile)
  if (profile.watched.length === 0)
    throw new AnomstackError('INPUT_INVALID', `"${connection}" has no table with rows and a column of times`)
  const chosen = yes ? profile.watched : await choose(profile.watched)
  if (chosen === undefined || chosen.length === 0) return 1
  const names = await writeBatches(target, chosen, source)
  if (names.length === 0) return 0
  if (!yes && !(await agreed('Read them now, and show what would have raised alerts in the past?'))) {
    process.stdout.write('Later: npx anomstack run ingest && npx anomstack backfill\n')
    return 0
  }
  const ingested = await run('ingest', { project: target, batch: names })
  const replayed = await backfill({ project: target, batch: names })
  process.stdout.write('Next: npx anomstack start shows them, and watches from now on.\n')
  return ingested === 0 && replayed === 0 ? 0 : 1
}

/** A project without the starter's batch, unless there is one already. */
async function makeProject(target: string): Promise<void> {
  const present = await Promise.all(
    ['anomstack.yaml', 'metrics'].map((name) => stat(path.join(target, name)).catch(() => undefined)),
  )
  if (present.every((found) => found === undefined)) await writeStarter(target, { batches: false })
}

async function look(
  dir: string,
  connection: string,
): Promise<{ readonly source: BatchSource; readonly profile: Profile }> {
  const project = await loadProject(dir, catalogs, processEnvironment())
  const instance = project.connections.get(connection)
  const definition = instance === undefined ? undefined : catalogs.databases.get(instance.kind)
  if (instance === undefined || definition === undefined) {
    showFaults(project.faults, process.stderr)
    throw new AnomstackError('CONFIG_INVALID', `the connection "${connection}" cannot be used`)
  }
  const { dialect } = definition
  if (dialect === undefined)
    throw new AnomstackError(
      'INPUT_INVALID',
      `a database of kind ${instance.kind} has no tables to choose from`,
    )
  const database = definition.create(instance.options, { projectDir: dir })
  try {
    const profile = await profileTables(database, { dialect, now: Date.now() })
    return { source: { connection, dialect }, profile }
  } finally {
    await database.close()
  }
}

function showPassedOver({ watched, passedOver }: Profile): void {
  const paint = paintFor(process.stdout)
  process.stdout.write(`${plural(watched.length, 'table')} can be watched.\n`)
  for (const [table, reason] of passedOver)
    process.stdout.write(paint.dim(`  left out: ${printable(table)} (${reason})\n`))
}

async function choose(watched: readonly WatchedTable[]): Promise<readonly WatchedTable[] | undefined> {
  const options = watched.map(({ table, time }) => ({
    value: table.name,
    label: printable(table.name),
    hint: printable(`days by ${time.name}`),
  }))
  const answer = await multiselect({
    message: 'Which tables?',
    options,
    initialValues: options.map(({ value }) => value),
    required: false,
  })
  return isCancel(answer) ? undefined : watched.filter(({ table }) => answer.includes(table.name))
}

async function agreed(message: string): Promise<boolean> {
  const answer = await confirm({ message })
  return !isCancel(answer) && answer
}

/** Writes the batch files, and returns the names of the batches that are new and without fault. */
async function writeBatches(
  dir: string,
  chosen: readonly WatchedTable[],
  source: BatchSource,
): Promise<readonly string[]> {
  const paint = paintFor(process.stdout)
  const folder = path.join(dir, 'metrics')
  await mkdir(folder, { recursive: true })
  const written = new Set<string>()
  for (const watched of chosen) {
    const name = batchName(source.connection, watched.table.name)
    const isNew = await writeFile(path.join(folder, `${name}.yaml`), tableBatch(watched, source), {
      flag: 'wx',
    }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (isNew) written.add(name)
    process.stdout.write(
      `  ${isNew ? paint.green('written') : paint.yellow('kept   ')}  metrics/${name}.yaml\n`,
    )
  }
  const { batches, faults } = await loadProject(dir, catalogs, processEnvironment())
  showFaults(
    faults.filter(({ batch }) => batch !== undefined && written.has(batch)),
    process.stderr,
  )
  return [...written].filter((name) => batches.has(name))
}

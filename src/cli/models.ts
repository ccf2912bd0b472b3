import { type App, createApp } from '../app.ts'
import type { Batch } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { formatTimestampSeconds } from '../core/timestamp.ts'
import type { ModelVersion } from '../models/model-store.ts'
import { columns } from './columns.ts'
import type { ExitCode } from './exit.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { plural } from './plural.ts'
import { reserveOutput } from './reserved-output.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export type ModelsAction = 'ls' | 'rollback'

interface ListedBatch {
  readonly batch: string
  readonly modelPath: string
  /** The newest first. */
  readonly versions: readonly ModelVersion[]
}

/**
 * Lists the versions of the models of some batches, or of all, the newest first; or puts an older version of one batch into use: the one that is named, or
 * the one before that in use. A server takes it up by itself. 1 when the models of a batch cannot be read.
 */
export async function models(
  action: ModelsAction,
  names: readonly string[],
  options: { readonly project: string; readonly json?: boolean },
): Promise<ExitCode> {
  if (action === 'rollback' && (names.length === 0 || names.length > 2))
    throw new AnomstackError('INPUT_INVALID', 'write: anomstack models rollback BATCH [VERSION]')
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  try {
    if (action === 'rollback') await rollBack(app, batchNamed(app, names[0]!), names[1])
    const wanted = action === 'rollback' ? names.slice(0, 1) : names
    const batches =
      wanted.length === 0 ? [...app.project.batches.values()] : wanted.map((name) => batchNamed(app, name))
    const { listed, problems } = await listModels(app, batches)
    for (const problem of problems) process.stderr.write(`${printable(app.redact(problem))}\n`)
    if (output === undefined) process.stdout.write(describe(listed, paintFor(process.stdout)))
    else output.write(`${JSON.stringify(listed, null, 2)}\n`)
    return problems.length === 0 ? 0 : 1
  } finally {
    await app.close(0)
    output?.release()
  }
}

function batchNamed(app: App, name: string): Batch {
  const batch = app.project.batches.get(name)
  if (batch === undefined)
    throw new AnomstackError('INPUT_INVALID', `there is no batch "${name}"; \`anomstack batches\` lists them`)
  return batch
}

async function rollBack(app: App, batch: Batch, named: string | undefined): Promise<void> {
  const store = app.models(batch)
  const version = named ?? (await versionBefore(app, batch))
  await store.rollback(batch.name, version)
}

async function versionBefore(app: App, batch: Batch): Promise<string> {
  const versions = await app.models(batch).versions(batch.name)
  const inUse = versions.findIndex((version) => version.inUse)
  // Where the version in use is gone, the newest of the others is the way back.
  const before = versions[inUse + 1]
  if (before === undefined)
    throw new AnomstackError('NOT_FOUND', 'there is no version of the models before the one in use', {
      at: { batch: batch.name },
    })
  return before.version
}

async function listModels(app: App, batches: readonly Batch[]) {
  const listed: ListedBatch[] = []
  const problems: string[] = []
  for (const batch of batches)
    try {
      const versions = await app.models(batch).versions(batch.name)
      listed.push({ batch: batch.name, modelPath: batch.settings.model_path, versions })
    } catch (error) {
      if (!(error instanceof AnomstackError)) throw error
      problems.push(`batch "${batch.name}": ${error.problem}`)
    }
  return { listed, problems }
}

const HEAD = ['batch', 'version', 'created', 'size', '']
function describe(listed: readonly ListedBatch[], paint: Paint): string {
  const count = listed.reduce((sum, { versions }) => sum + versions.length, 0)
  if (count === 0) return 'There are no models yet.\n'
  const rows = listed.flatMap(({ batch, versions }) =>
    versions.map(({ version, created, size, inUse }) => [
      paint.bold(printable(batch).replaceAll('\n', ' ')),
      version,
      formatTimestampSeconds(created),
      sizeText(size),
      inUse ? paint.green('in use') : '',
    ]),
  )
  return `${columns([HEAD.map((title) => paint.dim(title)), ...rows])}\n${plural(count, 'version')}, times in UTC\n`
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

import { appendFile, chmod, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { catalogs } from '../catalogs.ts'
import { nearest } from '../config/faults.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'

/** Where an address leads, by its beginning; and a file, by its ending. */
const SCHEMES: Readonly<Record<string, { readonly kind: string; readonly option: string }>> = {
  postgres: { kind: 'postgres', option: 'url' },
  postgresql: { kind: 'postgres', option: 'url' },
  redshift: { kind: 'redshift', option: 'url' },
  mysql: { kind: 'mysql', option: 'url' },
  mariadb: { kind: 'mariadb', option: 'url' },
  libsql: { kind: 'turso', option: 'url' },
}
const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/\.(duckdb|ddb)$/i, 'duckdb'],
  [/\.(db|sqlite3?|db3)$/i, 'sqlite'],
]
/** What a connection is called that an address was given for. */
const NAME = 'source'

/**
 * The name of the connection that is meant. An address or a file becomes a connection of the project's `anomstack.yaml`, with an address, which may hold a
 * password, in its `.env`. Throws `INPUT_INVALID` for what is none of these.
 */
export async function sourceConnection(dir: string, from: string): Promise<string> {
  const { connections } = await loadProject(dir, catalogs, processEnvironment())
  if (connections.has(from)) return from
  const scheme = SCHEMES[/^([a-z]+):\/\//i.exec(from)?.[1]?.toLowerCase() ?? '']
  if (scheme !== undefined) {
    const variable = await addVariable(dir, from)
    await addConnection(dir, { kind: scheme.kind, [scheme.option]: `\${${variable}}` })
    return NAME
  }
  const file = path.resolve(from)
  const kind = ENDINGS.find(([ending]) => ending.test(file))?.[1]
  if (kind !== undefined && (await isFile(file))) {
    const relative = path.relative(dir, file)
    await addConnection(dir, { kind, path: relative.startsWith('..') ? file : relative })
    return NAME
  }
  const near = nearest(from, connections.keys())
  throw new AnomstackError(
    'INPUT_INVALID',
    `--from: there is no connection "${from.replace(/:\/\/.*/s, '://…')}"; name one of anomstack.yaml, or give an address (postgres://…, mysql://…) or a file (.db, .duckdb)${near === undefined ? '' : ` (did you mean ${near}?)`}`,
  )
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found?.isFile() ?? false
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Adds an entry to `connections:` of anomstack.yaml; what is there, comments too, stays as it is. */
async function addConnection(dir: string, connection: Readonly<Record<string, string>>): Promise<void> {
  const file = path.join(dir, 'anomstack.yaml')
  const document = parseDocument(await readIfThere(file))
  if (document.errors.length > 0)
    throw new AnomstackError(
      'INPUT_INVALID',
      `${file} cannot be read: ${messageOf(document.errors[0])}; correct it first`,
    )
  if (document.hasIn(['connections', NAME]))
    throw new AnomstackError(
      'INPUT_INVALID',
      `anomstack.yaml has a connection "${NAME}" already: use --from ${NAME}, or give it another name first`,
    )
  document.setIn(['connections', NAME], document.createNode(connection))
  await writeFile(file, document.toString({ lineWidth: 0 }))
}

/** Adds an address to `.env` under a name that is free, and returns the name. */
async function addVariable(dir: string, address: string): Promise<string> {
  const file = path.join(dir, '.env')
  const text = await readIfThere(file)
  const taken = (name: string) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, 'm').test(text)
  let name = 'SOURCE_URL'
  for (let n = 2; taken(name); n++) name = `SOURCE_URL_${n}`
  const gap = text === '' || text.endsWith('\n') ? '' : '\n'
  await appendFile(file, `${gap}${name}='${address.replaceAll("'", '%27')}'\n`, { mode: 0o600 })
  if (text === '') await chmod(file, 0o600)
  return name
}

import { join, resolve } from 'node:path'
import { AnomstackError } from '../core/errors.ts'
import type { PluginCatalog, PluginDefinition } from '../core/plugin.ts'
import { templateFiles } from '../templates/template-files.ts'
import { readBatchFiles } from './batch-files.ts'
import { SETTING_KEYS, SOURCE_KEYS, sourceKeys } from './batch-keys.ts'
import { batchSettings } from './batch-settings.ts'
import { readCalendars } from './calendars.ts'
import type { DetectorCatalog } from './detector-rules.ts'
import { batchOverrides, globalOverrides, readEnvironment, type Variables, variable } from './environment.ts'
import { faultAt, type Report, sortFaults } from './faults.ts'
import { deepFreeze } from './freeze.ts'
import { type Layer, layerOf } from './layers.ts'
import { checkUnknownKeys, checkValues, loadBatch } from './load-batch.ts'
import { type PluginInstances, readPluginInstances } from './plugin-instances.ts'
import type { Batch, ChannelInstance, Fault, Project } from './project.ts'
import { type ProjectFile, readProjectFile } from './project-file.ts'
import { isFolder, projectPath, readTextFile } from './project-files.ts'
import { readServerSettings } from './server-settings.ts'
import type { Known, Named } from './settings-references.ts'
import { expandShortForm } from './short-form.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

/** An address with a password is secret, and so is the password, as it is written and as it is meant. */
function secretsOfUrl(url: string | undefined): readonly string[] {
  if (url === undefined || !URL.canParse(url)) return []
  const { password } = new URL(url)
  return password === '' ? [] : [url, password, decodeURIComponent(password)]
}

/** The plug-ins that a project may name, by name. */
export interface Catalogs {
  readonly databases: PluginCatalog<
    PluginDefinition & { readonly readOnly?: true; readonly transpiledTo?: string }
  >
  readonly channels: PluginCatalog
  readonly storages: PluginCatalog
  readonly detectors: DetectorCatalog
}

interface Folder {
  readonly dir: string
  readonly metricsDir: string
  readonly variables: Variables
  readonly report: Report
}

async function readOptionalYaml(path: string, { dir, report }: Folder): Promise<YamlFile | undefined> {
  const text = await readTextFile(path, { dir, report, optional: true })
  return text === undefined ? undefined : readYamlFile(text, projectPath(dir, path), report)
}

function byName<Value>(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function named({ ready, unconfigured, faulty }: PluginInstances): Named {
  const broken = [...faulty.keys()].map((name) => [name, 'its options have faults of their own'] as const)
  return { ready: new Set(ready.keys()), unusable: new Map([...unconfigured, ...broken]) }
}

function channelInstances({
  ready,
  unconfigured,
  faulty,
}: PluginInstances): ReadonlyMap<string, ChannelInstance> {
  return byName<ChannelInstance>([
    ...[...ready].map(([name, instance]) => [name, { ...instance, configured: true }] as const),
    ...[...unconfigured].map(
      ([name, missing]) => [name, { kind: name, configured: false, missing }] as const,
    ),
    ...[...faulty].map(
      ([name, kind]) => [name, { kind, configured: false, missing: 'correct its options' }] as const,
    ),
  ])
}

/** Layers below the batch files, from the weakest. Their faults are reported even when there is no batch. */
async function readSharedLayers(folder: Folder, { defaults }: ProjectFile): Promise<readonly Layer[]> {
  const file = await readOptionalYaml(join(folder.metricsDir, 'defaults', 'defaults.yaml'), folder)
  const layers = [file === undefined ? new Map() : layerOf(file.values, file.placeOf), defaults]
  for (const layer of layers) {
    const expanded = expandShortForm(layer, folder.report)
    checkValues(expanded, folder.report, batchSettings, SETTING_KEYS)
    checkValues(expanded, folder.report, sourceKeys, SOURCE_KEYS)
  }
  return layers
}

interface BatchReading {
  readonly folder: Folder
  readonly shared: readonly Layer[]
  readonly known: Known
  readonly detectors: DetectorCatalog
  readonly faults: Fault[]
}

async function readBatches({
  folder,
  shared,
  known,
  detectors,
  faults,
}: BatchReading): Promise<ReadonlyMap<string, Batch>> {
  const { dir, metricsDir, variables, report } = folder
  const files = await readBatchFiles(metricsDir, {
    dir,
    report,
    ignoreExamples: variable(variables, 'ANOMSTACK_IGNORE_EXAMPLES') === 'yes',
  })
  const overrides = batchOverrides(
    variables,
    files.map(({ name }) => name),
    report,
  )
  const sharedFiles = new Set(
    shared.flatMap((layer) => [...layer.values()].map(({ placeOf }) => placeOf([]).file)),
  )
  const templates = templateFiles(metricsDir)
  const batches = new Map<string, Batch>()
  const firstFiles = new Map<string, string>()
  const usedNames = new Set<string>()
  for (const { name, path, layer } of files) {
    const layers = [...shared, layer, globalOverrides(variables, layer), overrides.get(name) ?? new Map()]
    const loaded = await loadBatch({
      name,
      path,
      dir,
      metricsDir,
      layers,
      sharedFiles,
      known,
      detectors,
      files: templates,
    })
    for (const used of loaded.usedNames) usedNames.add(used)
    if (loaded.disabled) continue
    faults.push(...loaded.faults)
    const first = firstFiles.get(name)
    if (first !== undefined) {
      const place = layer.get('metric_batch')?.placeOf([]) ?? { file: projectPath(dir, path) }
      faults.push(
        faultAt(place, { message: `the name "${name}" is taken by ${first}; this file is left out` }, name),
      )
      continue
    }
    firstFiles.set(name, projectPath(dir, path))
    if (loaded.batch !== undefined) batches.set(name, loaded.batch)
  }
  for (const layer of shared)
    checkUnknownKeys(
      expandShortForm(layer, () => {}),
      usedNames,
      report,
    )
  return byName(batches)
}

/**
 * Reads a project folder: `anomstack.yaml`, `.env`, defaults, batch files and the environment (which wins). What is faulty is left out and listed in
 * `faults`; the rest is loaded. Throws `CONFIG_INVALID` only when there is no such folder.
 */
export async function loadProject(dir: string, catalogs: Catalogs, environment: Variables): Promise<Project> {
  const root = resolve(dir)
  if (!(await isFolder(root))) throw new AnomstackError('CONFIG_INVALID', `there is no folder ${root}`)
  const faults: Fault[] = []
  const report: Report = (place, complaint) => {
    faults.push(faultAt(place, complaint))
  }
  const metrics = join(root, 'metrics')
  const metricsDir = (await isFolder(metrics)) ? metrics : root
  const variables = await readEnvironment(root, environment, report)
  const folder: Folder = { dir: root, metricsDir, variables, report }

  const file = readProjectFile(await readOptionalYaml(join(root, 'anomstack.yaml'), folder), report)
  const secrets = new Set<string>()
  const read = (noun: string, catalog: PluginCatalog, section: Layer) =>
    readPluginInstances({ noun, catalog, section, variables, secrets, report })
  const connections = read('connection', catalogs.databases, file.connections)
  const channels = read('channel', catalogs.channels, file.channels)
  const storages = read('storage', catalogs.storages, file.storages)
  const { server, dataDir } = readServerSettings({ dir: root, section: file.server, variables, report })
  for (const secret of secretsOfUrl(server.databaseUrl)) secrets.add(secret)
  if (server.anonymizeKey !== undefined) secrets.add(server.anonymizeKey)

  const channelsByName = channelInstances(channels)
  const known: Known = {
    databases: named(connections),
    storages: named(storages),
    channels: new Set(channelsByName.keys()),
    readOnlyDatabases: new Set(
      [...connections.ready].flatMap(([name, { kind }]) =>
        catalogs.databases.get(kind)?.readOnly ? [name] : [],
      ),
    ),
    sqlDatabases: new Set(
      [...connections.ready].flatMap(([name, { kind }]) =>
        catalogs.databases.get(kind)?.transpiledTo === undefined ? [] : [name],
      ),
    ),
    hashes: server.anonymizeKey !== undefined,
    calendars: await readCalendars(file.calendars, folder),
  }
  const shared = await readSharedLayers(folder, file)
  const batches = await readBatches({ folder, shared, known, detectors: catalogs.detectors, faults })
  for (const { settings } of batches.values())
    for (const name of settings.function_variables) {
      const value = variable(variables, name)
      if (value !== undefined) secrets.add(value)
    }
  return deepFreeze({
    dir: root,
    metricsDir,
    dataDir,
    batches,
    connections: byName(connections.ready),
    channels: channelsByName,
    storages: byName(storages.ready),
    server,
    faults: sortFaults(faults),
    secrets: [...secrets].sort(),
  })
}

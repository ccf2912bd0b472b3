import { interpreterOf } from '../core/python-process.ts'
import type { TemplateFiles } from '../templates/template-files.ts'
import { BATCH_KEYS, SETTING_KEYS, SOURCE_KEYS, sourceKeys } from './batch-keys.ts'
import { type BatchSettings, batchSettings } from './batch-settings.ts'
import { batchSources, namesMetricFiles } from './batch-sources.ts'
import { batchCalendars } from './calendar-effects.ts'
import type { DetectorCatalog } from './detector-rules.ts'
import { faultAt, nearest, type Report } from './faults.ts'
import { withIngestDatabase } from './ingest-database.ts'
import { type Layer, mergeLayers, valuesOf } from './layers.ts'
import type { Note } from './note.ts'
import { withAlertLevel } from './policy-rules.ts'
import type { Batch, Fault } from './project.ts'
import { projectPath } from './project-files.ts'
import { schemaFaults } from './schema-faults.ts'
import { checkReferences, type Known } from './settings-references.ts'
import { applySettingsRules } from './settings-rules.ts'
import { expandShortForm } from './short-form.ts'
import { TEMPLATE_KEYS } from './stock-templates.ts'
import { templateVariables, usedNames } from './template-variables.ts'

/** What is needed to make a batch out of its layers. */
export interface BatchInput {
  readonly name: string
  /** Absolute path of the batch file. */
  readonly path: string
  readonly dir: string
  readonly metricsDir: string
  /** From the weakest to the strongest: shared files, the batch file, the environment. */
  readonly layers: readonly Layer[]
  /** Files whose faults are not those of one batch. */
  readonly sharedFiles: ReadonlySet<string>
  readonly known: Known
  readonly detectors: DetectorCatalog
  readonly files: TemplateFiles
}

export interface LoadedBatch {
  readonly disabled: boolean
  /** Undefined when the batch is disabled or has errors. */
  readonly batch?: Batch
  readonly faults: readonly Fault[]
  /** Names that the templates of the batch may use. */
  readonly usedNames: ReadonlySet<string>
}

/** Texts of the batch that are templates of the user's. */
function templatesOf(merged: Layer): readonly string[] {
  return ['ingest_sql', 'ingest_fn', ...TEMPLATE_KEYS].flatMap((key) => {
    const value = merged.get(key)?.value
    return typeof value === 'string' ? [value] : []
  })
}

function isOwnKey(key: string, used: ReadonlySet<string>): boolean {
  return key.startsWith('x_') || used.has(key)
}

/** Complains about keys that nobody knows and no template uses. */
export function checkUnknownKeys(layer: Layer, used: ReadonlySet<string>, report: Report): void {
  for (const [key, { placeOf }] of layer)
    if (!BATCH_KEYS.has(key) && !isOwnKey(key, used))
      report(placeOf([], 'key'), {
        message: `unknown key "${key}"; a variable of your own must be used by a template of the batch, start with x_, or stand under params`,
        suggestion: nearest(key, BATCH_KEYS),
      })
}

/** Complains about values of known keys that are not valid, and returns those keys. */
export function checkValues(
  layer: Layer,
  report: Report,
  schema: typeof batchSettings | typeof sourceKeys,
  keys: ReadonlySet<string>,
): ReadonlySet<string> {
  const faulty = new Set<string>()
  for (const fault of schemaFaults(schema, valuesOf(layer, keys))) {
    const [key, ...rest] = fault.path
    const entry = layer.get(String(key))
    faulty.add(String(key))
    if (entry !== undefined) report(entry.placeOf(rest, fault.part), fault)
  }
  return faulty
}

/** The settings of a layer, with defaults for keys that are not valid: what else is wrong can then be told too. */
export function settingsOf(
  layer: Layer,
  report: Report,
): { readonly settings: BatchSettings; readonly faulty: ReadonlySet<string> } {
  const faulty = checkValues(layer, report, batchSettings, SETTING_KEYS)
  const valid = new Set([...SETTING_KEYS].filter((key) => !faulty.has(key)))
  return { settings: batchSettings.parse(valuesOf(layer, valid)), faulty }
}

/** One batch, checked. Nothing is thrown for what the user wrote. */
export async function loadBatch(input: BatchInput): Promise<LoadedBatch> {
  const { name, path, dir, metricsDir, sharedFiles, known, detectors, files } = input
  const file = projectPath(dir, path)
  const faults: Fault[] = []
  const report: Report = (place, complaint) => {
    faults.push(faultAt(place, complaint, sharedFiles.has(place.file) ? undefined : name))
  }

  const layers = input.layers.map((layer) => expandShortForm(layer, report))
  const merged = mergeLayers(...layers)
  const used = usedNames(templatesOf(merged), files)
  // What is switched off may be unfinished.
  if (merged.get('disable_batch')?.value === true) return { disabled: true, faults: [], usedNames: used }

  // Beside a query, `metrics` is a variable of the user's, and may be anything.
  const ownMetrics = merged.has('metrics') && !namesMetricFiles(merged)
  if (ownMetrics && !used.has('metrics'))
    report(merged.get('metrics')?.placeOf([], 'key') ?? { file }, {
      message:
        'metrics names files beside the batch file, but the batch has a query or function of its own that does not use it; leave one of them out',
    })
  const checkedSources = ownMetrics
    ? new Set([...SOURCE_KEYS].filter((key) => key !== 'metrics'))
    : SOURCE_KEYS
  checkValues(merged, report, sourceKeys, checkedSources)
  const { settings: given, faulty } = settingsOf(merged, report)
  const written = withIngestDatabase(given, layers, known.readOnlyDatabases)
  for (const layer of input.layers)
    checkUnknownKeys(
      layer,
      used,
      (place, complaint) => sharedFiles.has(place.file) || report(place, complaint),
    )
  const sources = await batchSources(merged, { dir, metricsDir, path, files, report })

  const note: Note = ([key, ...rest], complaint, part) => {
    if (!faulty.has(String(key))) report(merged.get(String(key))?.placeOf(rest, part) ?? { file }, complaint)
  }
  checkReferences(written, known, (key) => merged.has(key), note)
  const settings = applySettingsRules(withAlertLevel(written, layers, note), detectors, note)
  if (sources.length === 0 && !settings.disable_ingest && !merged.has('metrics'))
    report(
      { file },
      { message: 'the batch has no ingest_sql, no ingest_fn and no metrics: there is nothing to ingest' },
    )
  if (faults.some(({ severity }) => severity === 'error')) return { disabled: false, faults, usedNames: used }
  return {
    disabled: false,
    batch: {
      name,
      file,
      settings: { ...settings, python: interpreterOf(dir, settings.python) },
      sources,
      ...(settings.calendars.length === 0 ? {} : { calendars: batchCalendars(settings, known.calendars) }),
      variables: { ...templateVariables(merged, settings, metricsDir), metric_batch: name },
    },
    faults,
    usedNames: used,
  }
}

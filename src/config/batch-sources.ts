import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { TemplateFiles } from '../templates/template-files.ts'
import { listNames, type Report } from './faults.ts'
import { functionLanguage, languageOfFile, soleInclude } from './function-language.ts'
import type { Layer } from './layers.ts'
import type { Source } from './project.ts'
import { projectPath, readTextFile } from './project-files.ts'

const ENDINGS = ['.sql', '.ts', '.js', '.mts', '.mjs', '.py']

/** Where a batch's texts may be found. */
export interface SourcePlaces {
  readonly dir: string
  readonly metricsDir: string
  /** Absolute path of the batch file. */
  readonly path: string
  readonly files: TemplateFiles
  readonly report: Report
}

function text(layer: Layer, key: string): string | undefined {
  const value = layer.get(key)?.value
  return typeof value === 'string' ? value : undefined
}

/** The file that the template consists of, or else the batch file. */
function fileOf(template: string, { dir, metricsDir, path }: SourcePlaces): string {
  const included = soleInclude(template)
  return projectPath(dir, included === undefined ? path : join(metricsDir, included))
}

async function metricFile(
  metric: string,
  index: number,
  layer: Layer,
  places: SourcePlaces,
): Promise<Source | undefined> {
  const report = (message: string) => {
    places.report(layer.get('metrics')?.placeOf([index]) ?? { file: projectPath(places.dir, places.path) }, {
      message,
    })
    return undefined
  }
  if (basename(metric) !== metric || metric.startsWith('.') || metric.includes('\\') || metric.includes('\0'))
    return report(`metrics: "${metric}" cannot be the name of a file beside the batch file`)
  const candidates = ENDINGS.map((ending) => join(dirname(places.path), metric + ending))
  const found: string[] = []
  for (const candidate of candidates)
    if (
      await stat(candidate).then(
        (entry) => entry.isFile(),
        () => false,
      )
    )
      found.push(candidate)
  const [path, second] = found
  const shown = (paths: readonly string[]) => listNames(paths.map((file) => projectPath(places.dir, file)))
  if (path === undefined)
    return report(`metrics: there is no file for "${metric}"; looked for ${shown(candidates)}`)
  if (second !== undefined)
    return report(`metrics: several files may be meant by "${metric}": ${shown(found)}`)
  const content = await readTextFile(path, places)
  if (content === undefined) return undefined
  const file = projectPath(places.dir, path)
  const language = languageOfFile(path)
  return language === undefined
    ? { kind: 'sql', text: content, file, metric }
    : { kind: 'function', language, text: content, file, metric }
}

/** Whether `metrics` names files; with a query or function of its own, a batch may use the key as a variable. */
export function namesMetricFiles(layer: Layer): boolean {
  return layer.has('metrics') && !layer.has('ingest_sql') && !layer.has('ingest_fn')
}

/** What ingest runs, from the merged keys of a batch whose source keys are valid. */
export async function batchSources(layer: Layer, places: SourcePlaces): Promise<readonly Source[]> {
  const sql = text(layer, 'ingest_sql')
  const code = text(layer, 'ingest_fn')
  for (const [key, template] of [
    ['ingest_sql', sql],
    ['ingest_fn', code],
  ] as const) {
    const included = template === undefined ? undefined : soleInclude(template)
    if (included !== undefined && places.files.read(included) === undefined)
      places.report(layer.get(key)?.placeOf([]) ?? { file: projectPath(places.dir, places.path) }, {
        message: `${key}: there is no file "${included}" in ${projectPath(places.dir, places.metricsDir) || 'the project'}; includes are resolved from that folder`,
      })
  }
  if (sql !== undefined) {
    if (code !== undefined)
      places.report(
        layer.get('ingest_fn')?.placeOf([], 'key') ?? { file: projectPath(places.dir, places.path) },
        {
          severity: 'warning',
          message: 'ingest_fn has no effect beside ingest_sql; leave one of them out',
        },
      )
    return [{ kind: 'sql', text: sql, file: fileOf(sql, places) }]
  }
  if (code !== undefined) {
    const explicit = text(layer, 'ingest_fn_language')
    const language =
      explicit === 'python' || explicit === 'javascript' || explicit === 'typescript'
        ? explicit
        : functionLanguage(code)
    return [{ kind: 'function', language, text: code, file: fileOf(code, places) }]
  }
  const metrics = layer.get('metrics')?.value
  if (!Array.isArray(metrics)) return []
  const names = metrics.map(String)
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index)
      places.report(
        layer.get('metrics')?.placeOf([index]) ?? { file: projectPath(places.dir, places.path) },
        { message: `metrics: "${name}" is named twice` },
      )
  const sources = await Promise.all(names.map((name, index) => metricFile(name, index, layer, places)))
  return sources.filter((source) => source !== undefined)
}

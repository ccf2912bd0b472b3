import { templateReferences } from '../templates/references.ts'
import type { TemplateFiles } from '../templates/template-files.ts'
import type { BatchSettings } from './batch-settings.ts'
import { batchSettings } from './batch-settings.ts'
import { type Layer, valuesOf } from './layers.ts'
import { DEFAULT_THRESHOLD } from './policy-settings.ts'

/** Names that templates may use as variables, their includes counted in. */
export function usedNames(templates: readonly string[], files: TemplateFiles): ReadonlySet<string> {
  const names = new Set<string>()
  const seen = new Set<string>()
  const pending = [...templates]
  for (let template = pending.pop(); template !== undefined; template = pending.pop()) {
    const references = templateReferences(template)
    for (const name of references.names) names.add(name)
    for (const file of references.computed ? files.list() : references.templates) {
      if (seen.has(file)) continue
      seen.add(file)
      const text = files.read(file)
      if (text !== undefined) pending.push(text)
    }
  }
  return names
}

/** Whether a default says something; templates ask `is defined` of keys whose default is nothing, as of `alert_exclude_metrics`. */
function saysSomething(value: unknown): boolean {
  return value !== null && value !== undefined && (typeof value !== 'object' || Object.keys(value).length > 0)
}

/** What templates of a batch see: all keys that are set, the user's own too, and defaults that are not empty. */
export function templateVariables(
  merged: Layer,
  settings: BatchSettings,
  metricsDir: string,
): Readonly<Record<string, unknown>> {
  const known = Object.keys(batchSettings.shape) as (keyof BatchSettings)[]
  const variables = known
    .filter((key) => merged.has(key) || saysSomething(settings[key]))
    .map((key) => [key, settings[key]] as const)
  return {
    metrics_dir: metricsDir,
    ...valuesOf(merged),
    ...Object.fromEntries(variables),
    // SQL that was written for the original compares scores with it.
    alert_threshold: settings.alert_threshold ?? DEFAULT_THRESHOLD,
  }
}
